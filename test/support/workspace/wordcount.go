// Counts how often each word occurs in the standard input.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strings"
)

// countWords returns the number of times each word occurs, in lower case.
func countWords(scanner *bufio.Scanner) map[string]int {
	counts := make(map[string]int)
	scanner.Split(bufio.ScanWords)
	for scanner.Scan() {
		word := strings.ToLower(scanner.Text())
		counts[word]++
	}
	return counts
}

// sortedWords returns the words, the most frequent first.
func sortedWords(counts map[string]int) []string {
	words := make([]string, 0, len(counts))
	for word := range counts {
		words = append(words, word)
	}
	sort.Slice(words, func(i, j int) bool {
		return counts[words[i]] > counts[words[j]]
	})
	return words
}

func main() {
	counts := countWords(bufio.NewScanner(os.Stdin))
	for _, word := range sortedWords(counts) {
		fmt.Printf("%6d %s\n", counts[word], word)
	}
}
