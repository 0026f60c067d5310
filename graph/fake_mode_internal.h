// Fake mode: ops describe their results and compute nothing.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/ops/dispatch.h>

#include <unordered_map>
#include <vector>

namespace sinter::graph {

// Bytes of the smallest storage that holds a tensor of that description.
std::size_t reached_bytes(const TensorMeta& meta);
// A fake tensor of that description, with a fake storage of its own.
Tensor make_fake(const TensorMeta& meta);

// While it is on the dispatch stack, every result is fake, and nothing that exists is changed: a
// real tensor takes part as a fake one like it, which stands for it from then on.
class FakeMode : public ops::Interceptor {
 public:
  void handle(ops::OpCall& call) override;

 protected:
  // The fake that stands for a tensor: itself where it is fake, undefined or a C++ number.
  Tensor fake_of(const Tensor& tensor);
  // The real tensors for which fakes stand live as long, so that none is mistaken for another.
  Tensor keep_alive(Tensor tensor) {
    kept_.push_back(tensor);
    return tensor;
  }
  // How many of a tensor's owners are copies kept here.
  std::size_t kept_copies(const TensorImpl* impl) const;

 private:
  std::unordered_map<const TensorImpl*, Tensor> fakes_;
  std::unordered_map<const StorageImpl*, Storage> storages_;
  std::vector<Tensor> kept_;
};

}  // namespace sinter::graph
