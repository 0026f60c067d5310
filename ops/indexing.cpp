// Tensor::index and its assignment: views for integers, slices, None and Ellipsis, then the index
// op for what tensors choose.
#include <sinter/ops/dispatch.h>
#include <sinter/ops/index.h>
#include <sinter/ops/index_internal.h>

namespace sinter {

namespace {

using indexing::Slice;
using indexing::TensorIndex;

// Applies one index after another. What tensors choose is left for later: tensors[d] indexes
// dimension d of the view.
class Indexer {
 public:
  Indexer(const char* op, const Tensor& self, const TensorIndex* indices, std::size_t count)
      : op_(op), view_(self) {
    ops::check_called_on(op, self);
    std::int64_t used = 0;
    for (std::size_t i = 0; i < count; ++i) used += dimensions_of(indices[i]);
    SINTER_CHECK_AS(IndexError, used <= self.dim(), "[", op, "] too many indices; got ", used,
                    " for a tensor of ", self.dim(), " dimensions");
    rest_ = self.dim() - used;
    for (std::size_t i = 0; i < count; ++i) apply(indices[i]);
  }
  const Tensor& view() const { return view_; }
  const std::vector<Tensor>& tensors() const { return tensors_; }

 private:
  // How many dimensions of the tensor an index takes.
  static std::int64_t dimensions_of(const TensorIndex& index) {
    if (index.is_integer() || index.is_slice()) return 1;
    if (!index.is_tensor()) return 0;
    return ops::is_mask(index.tensor()) ? index.tensor().dim() : 1;
  }

  void apply(const TensorIndex& index) {
    if (index.is_none()) {
      view_ = view_.unsqueeze(dim_++);
    } else if (index.is_ellipsis()) {
      SINTER_CHECK_AS(IndexError, !ellipsis_seen_, "[", op_,
                      "] there may be one Ellipsis among indices; got two");
      ellipsis_seen_ = true;
      dim_ += rest_;
    } else if (index.is_integer()) {
      select(index.integer());
    } else if (index.is_boolean()) {
      choose(index.boolean());
    } else if (index.is_slice()) {
      slice(index.slice());
    } else {
      choose(index.tensor());
    }
  }

  void select(std::int64_t index) {
    const std::int64_t size = view_.size(dim_);
    SINTER_CHECK_AS(IndexError, index >= -size && index < size, "[", op_, "] index ", index,
                    " is out of range for dimension ", dim_, " with size ", size);
    view_ = view_.select(dim_, index);
  }
  void slice(const Slice& s) {
    if (!s.full()) view_ = view_.slice(dim_, s.start(), s.stop(), s.step());
    ++dim_;
  }

  // true: a new dimension of size 1; false: of size 0.
  void choose(bool flag) {
    view_ = view_.unsqueeze(dim_);
    record(view_.new_zeros({flag ? 1 : 0}, kInt64));
  }
  void choose(const Tensor& index) {
    if (index.dim() == 0 && index.dtype() == kBool) return choose(index.item<bool>());
    if (ops::is_mask(index) && index.dim() > 0) {
      std::vector<Tensor> positions;
      ops::append_mask(op_, view_, index, static_cast<std::size_t>(dim_), positions);
      for (Tensor& p : positions) record(std::move(p));
      return;
    }
    const Tensor plain = index.dtype() == kUInt8 ? index.to(kInt64) : ops::as_index(op_, index);
    // One number is a select, whose result is a view; a fake tensor has no number to read.
    if (plain.dim() == 0 && !plain.impl()->fake()) return select(plain.item<std::int64_t>());
    record(plain);
  }
  void record(Tensor index) {
    tensors_.resize(static_cast<std::size_t>(dim_++));
    tensors_.push_back(std::move(index));
  }

  const char* op_;
  Tensor view_;
  std::vector<Tensor> tensors_;
  std::int64_t dim_ = 0;
  std::int64_t rest_ = 0;
  bool ellipsis_seen_ = false;
};

Tensor get(const Tensor& self, const TensorIndex* indices, std::size_t count) {
  const Indexer indexer("index", self, indices, count);
  if (!indexer.tensors().empty()) return sinter::index(indexer.view(), indexer.tensors());
  // Another header over the same elements, even where nothing was cut.
  return indexer.view().is_same(self) ? self.expand(self.sizes()) : indexer.view();
}

// A value may have more leading dimensions than what it is assigned to, all of size 1.
Tensor without_leading_ones(const Tensor& value, std::int64_t rank) {
  const IntArrayRef sizes = value.sizes();
  std::size_t drop = 0;
  while (sizes.size() - drop > static_cast<std::size_t>(rank) && sizes[drop] == 1) ++drop;
  return drop == 0 ? value : value.reshape(sizes.slice(drop, sizes.size() - drop));
}

void put(const Tensor& self, const TensorIndex* indices, std::size_t count, const Tensor& value) {
  ops::check_called_on("index_put_", value);
  const Indexer indexer("index_put_", self, indices, count);
  Tensor view = indexer.view();
  if (indexer.tensors().empty()) {
    view.copy_(without_leading_ones(value, view.dim()));
    return;
  }
  const Tensor same = value.dtype() == self.dtype() ? value : value.to(self.dtype());
  sinter::index_put_(view, indexer.tensors(), same);
}

}  // namespace

Tensor Tensor::operator[](std::int64_t index) const {
  SINTER_CHECK_AS(IndexError, dim() > 0,
                  "[operator[]] a 0-d tensor has no dimension to index; use item(); got index ",
                  index);
  return select(0, index);
}
Tensor Tensor::operator[](const Tensor& index) const {
  SINTER_CHECK_AS(IndexError, dim() > 0,
                  "[operator[]] a 0-d tensor has no dimension to index; got a tensor");
  return this->index({index});
}

Tensor Tensor::index(std::initializer_list<TensorIndex> indices) const {
  return get(*this, indices.begin(), indices.size());
}
Tensor Tensor::index(const std::vector<TensorIndex>& indices) const {
  return get(*this, indices.data(), indices.size());
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Tensor& value) {
  put(*this, indices.begin(), indices.size(), value);
  return *this;
}
Tensor& Tensor::index_put_(const std::vector<TensorIndex>& indices, const Tensor& value) {
  put(*this, indices.data(), indices.size(), value);
  return *this;
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value) {
  put(*this, indices.begin(), indices.size(), new_full({}, value));
  return *this;
}

}  // namespace sinter
