/*
 * Throws exceptions of several types, from itself and from the library, and catches them.
 */
#include <iostream>
#include <stdexcept>
#include <vector>

namespace shop
{
struct sold_out {
	int item;
};
} // namespace shop

static void throw_number(int number)
{
	if (number == 1)
		throw shop::sold_out{number};
	if (number == 2)
		throw std::runtime_error("two");
	if (number == 3)
		throw 3;
	std::vector<int>().at(7);
}

int main()
{
	for (int number = 1; number <= 4; number++) {
		try {
			throw_number(number);
		} catch (...) {
			std::cout << "caught " << number << std::endl;
		}
	}
}
