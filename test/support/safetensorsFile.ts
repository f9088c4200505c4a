/** A tiny model in Hugging Face's layout: file name to content. */
export function safetensorsModel() {
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: { format: 'pt' },
      'a.weight': { dtype: 'BF16', shape: [4, 2], data_offsets: [0, 16] },
      'b.weight': { dtype: 'BF16', shape: [4], data_offsets: [16, 24] },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return {
    'config.json': JSON.stringify({
      architectures: ['Qwen2ForCausalLM'],
      model_type: 'qwen2',
      max_position_embeddings: 32768,
      torch_dtype: 'bfloat16',
    }),
    'tokenizer_config.json': JSON.stringify({
      chat_template: '{{ messages }}',
      added_tokens_decoder: {
        '1': { content: '<|fim_prefix|>' },
        '2': { content: '<|fim_middle|>' },
      },
    }),
    'model.safetensors': Buffer.concat([length, header, Buffer.alloc(24)]),
  };
}
