#pragma once

// Everything a program needs, in one line: #include <sinter/sinter.h>

#include <sinter/core/version.h>
