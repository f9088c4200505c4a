// Conversions between temperature scales.
#include <iostream>

double celsiusToFahrenheit(double celsius) {
    return celsius * 9.0 / 5.0 + 32.0;
}

double fahrenheitToCelsius(double fahrenheit) {
    return (fahrenheit - 32.0) * 5.0 / 9.0;
}

double celsiusToKelvin(double celsius) {
    return celsius + 273.15;
}

int main() {
    for (double celsius = -20.0; celsius <= 40.0; celsius += 10.0) {
        std::cout << celsius << " C = " << celsiusToFahrenheit(celsius) << " F = "
                  << celsiusToKelvin(celsius) << " K\n";
    }
    return 0;
}
