# Each test of ctest in a `ttlog run` of its own: its time-out leaves the stacks of all threads, its snapshots are named in its output.
#
#   cmake -DCMAKE_PROJECT_INCLUDE=/usr/local/share/ttlog/recipes/ctest/ttlog.cmake -B build
#   cmake --build build && ctest --test-dir build --output-on-failure
#
# For tests that are programs of the project: add_test(NAME ... COMMAND target). TTLOG_RUN_OPTIONS are options of `ttlog run`. Where no
# test needs options of its own, `ttlog run -- ctest` does without this.
set(TTLOG_RUN_OPTIONS --timeout 10m CACHE STRING "options of `ttlog run` around each test")
set(TTLOG_STORAGE "${CMAKE_BINARY_DIR}/ttlog-snapshots" CACHE PATH "directory of the snapshots")
find_program(TTLOG_COMMAND ttlog REQUIRED)

set(ttlog_launcher ${TTLOG_COMMAND} run --storage ${TTLOG_STORAGE} ${TTLOG_RUN_OPTIONS} --)
if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.29)
	set(CMAKE_TEST_LAUNCHER ${ttlog_launcher})
else() # what starts a test there where it cannot start by itself
	set(CMAKE_CROSSCOMPILING_EMULATOR ${ttlog_launcher})
endif()
