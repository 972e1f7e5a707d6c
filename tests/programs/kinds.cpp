// Kinds of death in C++: templates, lambdas, exceptions, virtual calls, names that no other file sees.
#include "kinds.h"

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace shop
{

template <typename T> struct Stock {
	std::vector<T> items;

	T &take(size_t at)
	{
		return items.at(at);
	}
};

// An exception that nobody catches, out of an inlined template.
template <typename T> static T sell(Stock<T> &stock, size_t at)
{
	return stock.take(at) + 1;
}

static void sold_out(unsigned seed)
{
	Stock<int> stock;

	stock.items.resize(seed % 7);
	sink = sell(stock, 8 + seed % 5) + 1;
}

static void refuse(const std::string &why)
{
	if (sink >= 0)
		throw std::runtime_error(why);
}

static void refused(unsigned seed)
{
	refuse("order " + std::to_string(seed));
	sink = 1;
}

// A lambda that the standard library calls.
static void crash_in_lambda(unsigned seed)
{
	std::vector<int> numbers(3 + seed % 20, int(seed));

	std::for_each(numbers.begin(), numbers.end(), [](int number) { sink = *nothing + number; });
	sink = 2;
}

namespace
{

class Ledger
{
	std::map<std::string, std::unique_ptr<int>> accounts;

	int balance(const std::string &name)
	{
		return *static_cast<volatile int *>(accounts[name].get());
	}

      public:
	int report(unsigned seed)
	{
		return balance("account " + std::to_string(seed)) + 1;
	}
};

} // namespace

static void crash_in_anonymous(unsigned seed)
{
	Ledger ledger;

	sink = ledger.report(seed) + 1;
}

struct Shape {
	virtual ~Shape()
	{
		describe();
	}
	void describe()
	{
		sink = area();
	}
	virtual int area() = 0;
};

struct Square : Shape {
	int area() override
	{
		return 1;
	}
};

static void pure_virtual(unsigned seed)
{
	Shape *volatile shape = new Square;

	sink = int(seed);
	delete shape;
	sink = 2;
}

static int length_of(const std::string *name)
{
	return int(name->size());
}

static void crash_in_std_thread(unsigned seed)
{
	std::thread worker([seed] { sink = length_of(reinterpret_cast<std::string *>(nothing)) + int(seed); });

	worker.join();
	sink = 2;
}

} // namespace shop

int main(int argc, char **argv)
{
	static kind *const kinds[] = {shop::sold_out,           shop::refused,      shop::crash_in_lambda,
				      shop::crash_in_anonymous, shop::pure_virtual, shop::crash_in_std_thread};

	return kinds_main(kinds, sizeof(kinds) / sizeof(kinds[0]), argc, argv);
}
