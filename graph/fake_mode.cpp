#include <sinter/core/tensor_factory.h>
#include <sinter/graph/fake_mode_internal.h>

#include <algorithm>

namespace sinter::graph {

std::size_t reached_bytes(const TensorMeta& meta) {
  if (meta.numel == 0) return 0;
  std::int64_t last = meta.offset;
  for (std::size_t d = 0; d < meta.dim(); ++d) last += (meta.sizes[d] - 1) * meta.strides[d];
  return static_cast<std::size_t>(last + 1) * element_size(meta.dtype);
}

Tensor make_fake(const TensorMeta& meta) {
  return make_view(StorageImpl::create_fake(reached_bytes(meta), meta.device), meta);
}

Tensor FakeMode::fake_of(const Tensor& tensor) {
  if (!tensor.defined() || tensor.impl()->fake() || tensor.impl()->wrapped_number) return tensor;
  const auto [at, fresh] = fakes_.try_emplace(tensor.impl());
  if (!fresh) return at->second;
  keep_alive(tensor);
  const TensorImpl& impl = *tensor.impl();
  Storage& storage = storages_[impl.storage.get()];
  if (!storage) storage = StorageImpl::create_fake(impl.storage->nbytes(), impl.meta.device);
  return at->second = make_view(storage, impl.meta);
}

std::size_t FakeMode::kept_copies(const TensorImpl* impl) const {
  return static_cast<std::size_t>(std::count_if(
      kept_.begin(), kept_.end(), [&](const Tensor& tensor) { return tensor.impl() == impl; }));
}

void FakeMode::handle(ops::OpCall& call) {
  const std::size_t count = call.in.size();
  std::vector<Tensor> fakes(count);
  std::vector<const Tensor*> in(count);
  for (std::size_t i = 0; i < count; ++i) {
    fakes[i] = fake_of(call.in[i]);
    in[i] = &fakes[i];
  }
  ops::OpCall fake{{call.def, {in.data(), count}, call.attributes, call.out}, call.in_place};
  Tensor self;
  if (call.in_place && count > 0) {
    self = fakes[0];
    fake.out = {&self, 1};
  }
  ops::dispatch_fake(fake);
}

}  // namespace sinter::graph
