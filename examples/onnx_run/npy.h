// NumPy's .npy files: one array each.
#pragma once
#include <sinter/core/tensor.h>

#include <string>

// Reads a C-ordered array of little-endian numbers or booleans. Throws IOError naming the file for
// anything else, and for a file that is cut short or longer than its header says.
sinter::Tensor read_npy(const std::string& path);
// Writes version 1.0. The file appears whole or not at all. Throws IOError, TypeError for bf16.
void write_npy(const std::string& path, const sinter::Tensor& tensor);
