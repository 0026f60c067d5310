#include <sinter/autograd/grad_mode.h>
#include <sinter/nn/functional.h>
#include <sinter/nn/init.h>
#include <sinter/nn/layers/embedding.h>
#include <sinter/nn/print_internal.h>
#include <sinter/ops/creation.h>

namespace sinter::nn {

EmbeddingImpl::EmbeddingImpl(EmbeddingOptions options_) : options(std::move(options_)) {
  EmbeddingImpl::reset();
}

void EmbeddingImpl::reset() {
  const std::int64_t rows = options.num_embeddings();
  auto& padding = options.padding_idx();
  if (padding) {
    SINTER_CHECK_AS(ValueError, *padding >= -rows && *padding < rows,
                    "[embedding] padding_idx must be within the ", rows, " rows; got ", *padding);
    if (*padding < 0) *padding += rows;
  }
  const Dims shape{rows, options.embedding_dim()};
  if (options._weight().defined()) {
    SINTER_CHECK_AS(ValueError, options._weight().sizes() == IntArrayRef(shape),
                    "[embedding] _weight must have shape ", IntArrayRef(shape), "; got ",
                    options._weight().sizes());
    weight = register_parameter("weight", options._weight());
  } else {
    weight = register_parameter("weight", empty(shape));
    reset_parameters();
  }
}

void EmbeddingImpl::reset_parameters() {
  init::normal_(weight);
  if (!options.padding_idx()) return;
  const NoGradGuard no_grad;
  weight.select(0, *options.padding_idx()).fill_(0);
}

void EmbeddingImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::Embedding(num_embeddings=" << options.num_embeddings()
         << ", embedding_dim=" << options.embedding_dim();
  if (options.padding_idx()) stream << ", padding_idx=" << *options.padding_idx();
  if (options.max_norm()) stream << ", max_norm=" << *options.max_norm();
  if (options.norm_type() != 2) stream << ", norm_type=" << options.norm_type();
  if (options.scale_grad_by_freq()) stream << ", scale_grad_by_freq=true";
  if (options.sparse()) stream << ", sparse=true";
  stream << ")";
}

Tensor EmbeddingImpl::forward(const Tensor& indices) {
  return functional::embedding(indices, weight,
                               functional::EmbeddingFuncOptions()
                                   .padding_idx(options.padding_idx())
                                   .max_norm(options.max_norm())
                                   .norm_type(options.norm_type())
                                   .scale_grad_by_freq(options.scale_grad_by_freq())
                                   .sparse(options.sparse()));
}

Embedding Embedding::from_pretrained(const Tensor& embeddings,
                                     const EmbeddingFromPretrainedOptions& options) {
  SINTER_CHECK_AS(ValueError, embeddings.dim() == 2, "[embedding] a table has 2 dimensions; got ",
                  embeddings.sizes());
  Embedding embedding(EmbeddingOptions(embeddings.size(0), embeddings.size(1))
                          ._weight(embeddings)
                          .padding_idx(options.padding_idx())
                          .max_norm(options.max_norm())
                          .norm_type(options.norm_type())
                          .scale_grad_by_freq(options.scale_grad_by_freq())
                          .sparse(options.sparse()));
  embedding->weight.set_requires_grad(!options.freeze());
  return embedding;
}

}  // namespace sinter::nn
