// What the files of the index and scatter families share.
#pragma once
#include <sinter/ops/index_attrs.h>
#include <sinter/ops/op_def.h>

#include <vector>

namespace sinter::ops {

extern const OpDef kGather;
extern const OpDef kEmbedding;
extern const OpDef kEmbeddingBackward;

// Whether a tensor of sizes `from` broadcasts to `to`.
bool broadcasts_to(IntArrayRef from, IntArrayRef to);
// An integer tensor as i64; throws TypeError for u8, bool and floating types.
Tensor as_index(const char* op, const Tensor& index);
// Whether an index tensor is a mask: bool, or u8 as in old programs.
bool is_mask(const Tensor& index);
// Appends the positions of the true elements of a mask that stands at dimension dim of self, one
// tensor per dimension. Throws IndexError when the sizes differ.
void append_mask(const char* op, const Tensor& self, const Tensor& mask, std::size_t dim,
                 std::vector<Tensor>& out);
// Throws Error `[op] is called with an undefined tensor`.
inline void check_called_on(const char* op, const Tensor& x) {
  SINTER_CHECK(x.defined(), "[", op, "] is called with an undefined tensor");
}

}  // namespace sinter::ops
