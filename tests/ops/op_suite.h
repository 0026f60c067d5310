// The op suite: properties that hold for every registered op, checked over its samples.
#pragma once
#include "op_sample.h"

namespace sinter::testing {

// Each takes the samples of one op and reports through Catch2.
void check_values(const OpSamples& op);     // every dtype against the reference
void check_layouts(const OpSamples& op);    // strided, permuted, channels_last, free, offset inputs
void check_threads(const OpSamples& op);    // 1, 2 and 3 threads: bitwise equal
void check_inference(const OpSamples& op);  // fake inputs describe the same outputs
void check_purity(const OpSamples& op);     // inputs stay as they were
void check_in_place(const OpSamples& op);   // the in-place form gives the same elements
void check_gradients(const OpSamples& op);  // first and second order, by finite differences
void check_errors(const OpSamples& op);     // messages

// Names are unique, every registered op has samples, and every op says why it lacks what it lacks.
void check_coverage();

// The tensors, those of floating point detached and in another dtype.
Tensors cast(const Tensors& tensors, DType dtype);

// Copies with another layout.
Tensor with_gaps(const Tensor& t);  // every second element of a larger buffer, offset by one
Tensor with_reversed_strides(const Tensor& t);
Tensor in_channels_last(const Tensor& t);  // 4 dimensions; others are returned as they are
Tensor in_free_layout(const Tensor& t);    // channels_last memory that nobody has looked at
Tensor as_fake(const Tensor& t);           // metadata without elements

// Elements as doubles (i64 beyond 2^53 loses digits), in row-major order.
std::vector<double> to_doubles(const Tensor& t);
// The raw bytes of the elements, in row-major order.
std::vector<char> to_bytes(const Tensor& t);

}  // namespace sinter::testing
