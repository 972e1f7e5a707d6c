/*
 * Prints through the streams of C++ and dies of an exception that nobody catches.
 */
#include <iostream>
#include <stdexcept>
#include <string>

extern "C" __attribute__((noinline)) void open_table(const char *name)
{
	throw std::runtime_error(std::string("no such table: ") + name);
}

extern "C" __attribute__((noinline)) int run_query(const char *table)
{
	std::cout << "opening " << table << std::endl;
	open_table(table);
	return 1;
}

int main()
{
	std::cout << "query 1" << '\n';
	std::cerr << "about to fail" << std::endl;
	return run_query("users");
}
