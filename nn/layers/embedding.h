// Embeddings.
#pragma once
#include <sinter/nn/cloneable.h>
#include <sinter/nn/module_holder.h>
#include <sinter/nn/options/embedding.h>

namespace sinter::nn {

// Looks up rows of weight [num_embeddings, embedding_dim], which start normal(0, 1), by indices of
// type i64. The constructor throws ValueError `[embedding] ...` for a padding_idx outside the table
// or a _weight of another shape.
class EmbeddingImpl : public Cloneable<EmbeddingImpl> {
 public:
  EmbeddingImpl(std::int64_t num_embeddings, std::int64_t embedding_dim)
      : EmbeddingImpl(EmbeddingOptions(num_embeddings, embedding_dim)) {}
  explicit EmbeddingImpl(EmbeddingOptions options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& indices);

  EmbeddingOptions options;
  Tensor weight;
};

class Embedding : public ModuleHolder<EmbeddingImpl> {
 public:
  using ModuleHolder<EmbeddingImpl>::ModuleHolder;
  using Impl = EmbeddingImpl;
  // An embedding that starts with (and, unless freeze is false, keeps) the rows of a table.
  static Embedding from_pretrained(const Tensor& embeddings,
                                   const EmbeddingFromPretrainedOptions& options = {});
};

}  // namespace sinter::nn
