// Options of embeddings.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/nn/arg.h>

#include <cstdint>
#include <optional>

namespace sinter::nn {

// Embedding(EmbeddingOptions(1000, 64).padding_idx(0)). The row padding_idx is zero at first and
// gets no gradient; rows of a larger norm_type-norm than max_norm are scaled down to it, in place,
// when they are looked up; _weight gives the table instead of random numbers. scale_grad_by_freq
// and sparse must be false: NotImplementedError otherwise.
struct EmbeddingOptions {
  EmbeddingOptions(std::int64_t num_embeddings, std::int64_t embedding_dim)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
  SINTER_ARG(std::int64_t, num_embeddings);
  SINTER_ARG(std::int64_t, embedding_dim);
  SINTER_ARG(std::optional<std::int64_t>, padding_idx);
  SINTER_ARG(std::optional<double>, max_norm);
  SINTER_ARG(double, norm_type) = 2.0;
  SINTER_ARG(bool, scale_grad_by_freq) = false;
  SINTER_ARG(bool, sparse) = false;
  SINTER_ARG(Tensor, _weight);
};

// Embedding::from_pretrained(table, EmbeddingFromPretrainedOptions().freeze(false))
struct EmbeddingFromPretrainedOptions {
  SINTER_ARG(bool, freeze) = true;
  SINTER_ARG(std::optional<std::int64_t>, padding_idx);
  SINTER_ARG(std::optional<double>, max_norm);
  SINTER_ARG(double, norm_type) = 2.0;
  SINTER_ARG(bool, scale_grad_by_freq) = false;
  SINTER_ARG(bool, sparse) = false;
};

namespace functional {
struct EmbeddingFuncOptions {
  SINTER_ARG(std::optional<std::int64_t>, padding_idx);
  SINTER_ARG(std::optional<double>, max_norm);
  SINTER_ARG(double, norm_type) = 2.0;
  SINTER_ARG(bool, scale_grad_by_freq) = false;
  SINTER_ARG(bool, sparse) = false;
};
}  // namespace functional

}  // namespace sinter::nn
