#include <sinter/sinter.h>

#include <cstdio>

int main() { return std::printf("%s", sinter::show_config().c_str()) > 0 ? 0 : 1; }
