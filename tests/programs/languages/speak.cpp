/* With an argument: streams that are not tied to stdio. */
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

int main(int argc, char **)
{
	if (argc > 1)
		std::ios::sync_with_stdio(false);
	std::cout << "cout " << 1 << " ä" << std::endl;
	std::cerr << "cerr " << 2 << ' ' << 2.5 << '\n';
	std::clog << "clog " << 3 << std::endl;
	if (argc == 1)
		std::printf("printf %d\n", 4);
	std::cout.put('p').write("ut 5\n", 5);
	std::cout << "long " << std::string(9000, 'x') << std::endl;
	std::set_terminate([] {
		std::fputs("terminate 6\n", stderr);
		std::exit(3);
	});
	throw std::string("nobody catches this");
}
