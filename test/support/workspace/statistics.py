"""Descriptive statistics of a list of numbers."""


def mean(values):
    """The arithmetic mean."""
    return sum(values) / len(values)


def median(values):
    """The middle value; the mean of the two middle values for an even count."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def variance(values):
    """The mean of the squared distances from the mean."""
    center = mean(values)
    return sum((value - center) ** 2 for value in values) / len(values)


if __name__ == "__main__":
    temperatures = [21.5, 19.0, 24.5, 23.0, 18.5]
    print("mean:", mean(temperatures))
    print("median:", median(temperatures))
    print("variance:", variance(temperatures))
