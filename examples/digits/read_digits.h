// Reading the handwritten digits.
#pragma once
#include <sinter/sinter.h>

#include <string>

namespace digits {

// pixels [N, 1, 8, 8] from 0 to 1, and labels [N] from 0 to 9.
struct Images {
  sinter::Tensor pixels;
  sinter::Tensor labels;
};

// Reads lines of 64 numbers from 0 to 16 and a digit, separated by commas; the file may be gzipped.
// Throws sinter::IOError naming the line that is not so.
Images read(const std::string& path);

// Images to learn from, and images to measure with.
struct Split {
  Images kept;
  Images held_out;
};

// Holds out a fifth of the images of every digit, chosen by a seed of its own: the same images
// whatever the seed of the training.
Split split(const Images& images);

}  // namespace digits
