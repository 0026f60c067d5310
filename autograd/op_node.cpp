#include <sinter/autograd/anomaly.h>
#include <sinter/autograd/grad_mode.h>
#include <sinter/autograd/op_node_internal.h>
#include <sinter/autograd/small_buffer_internal.h>
#include <sinter/autograd/variable_meta_internal.h>
#include <sinter/core/object_pool_internal.h>

#include <bit>
#include <new>
#include <thread>

namespace sinter::autograd {

namespace {

constexpr std::size_t kAlign = alignof(std::max_align_t);

std::uint64_t low_bits(std::size_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

// Few are set, and popcount without its instruction is a call.
std::uint32_t count_bits(std::uint64_t bits) {
  std::uint32_t count = 0;
  for (; bits != 0; bits &= bits - 1) ++count;
  return count;
}

// The elements that an in-place call is about to overwrite.
Tensor unwritten(const Tensor& self) {
  const NoGradGuard guard;
  return self.clone();
}

class FlagLock {
 public:
  explicit FlagLock(std::atomic<bool>& flag) : flag_(flag) {
    while (flag_.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
  }
  ~FlagLock() { flag_.store(false, std::memory_order_release); }
  FlagLock(const FlagLock&) = delete;
  FlagLock& operator=(const FlagLock&) = delete;

 private:
  std::atomic<bool>& flag_;
};

template <class T>
T* part(void* node, std::size_t offset) {
  return reinterpret_cast<T*>(static_cast<char*>(node) + offset);
}

}  // namespace

// Where the parts of a node lie behind it.
struct OpNode::Layout {
  ops::Saved saves;
  std::uint32_t num_saved = 0;
  std::size_t edges, saved, shapes, dims, attributes, end;

  // Inlined, so that the offsets pass in registers.
  [[gnu::always_inline]] explicit Layout(const ops::OpCall& call) {
    const std::size_t inputs = call.in.size();
    const std::size_t outputs = call.out.size();
    std::uint64_t needed = 0;
    std::size_t num_dims = 0;
    for (std::size_t i = 0; i < inputs; ++i) {
      const TensorImpl* impl = call.in[i].impl();
      if (impl == nullptr) continue;
      num_dims += impl->meta.dim();
      if (i < 64 && impl->wants_grad()) needed |= std::uint64_t{1} << i;
    }
    for (const Tensor& out : call.out) {
      if (out.defined()) num_dims += out.impl()->meta.dim();
    }
    if (call.def.vjp != nullptr && call.def.saves != ops::save_nothing) {
      saves = call.def.saves(needed);
      saves.inputs &= low_bits(inputs);
      saves.outputs &= low_bits(outputs);
      num_saved = count_bits(saves.inputs) + count_bits(saves.outputs);
    }
    edges = sizeof(OpNode);
    saved = edges + inputs * sizeof(Edge);
    dims = saved + num_saved * sizeof(SavedTensor);
    shapes = dims + num_dims * sizeof(std::int64_t);
    attributes = shapes + (inputs + outputs) * sizeof(Shape);
    attributes = (attributes + kAlign - 1) & ~(kAlign - 1);
    end = attributes + call.def.attrs->size;
  }
};

inline OpNode::OpNode(const ops::OpCall& call, const Layout& layout)
    : Node(part<Edge>(this, layout.edges), call.in.size(), call.out.size()),
      def_(call.def),
      bytes_(layout.end),
      saved_(part<SavedTensor>(this, layout.saved)),
      shapes_(part<Shape>(this, layout.shapes)),
      dims_(part<std::int64_t>(this, layout.dims)),
      attributes_(part<void>(this, layout.attributes)),
      saves_(layout.saves),
      num_saved_(layout.num_saved) {
  std::uninitialized_value_construct_n(edges(), call.in.size());
  std::uninitialized_value_construct_n(saved_, num_saved_);
  def_.attrs->copy(attributes_, call.attributes);
}

OpNode::~OpNode() {
  std::destroy_n(edges(), num_outputs());
  std::destroy_n(saved_, num_saved_);
  def_.attrs->destroy(attributes_);
}

void OpNode::destroy_self() noexcept {
  const std::size_t bytes = bytes_;
  this->~OpNode();
  object_pool::deallocate(this, bytes);
}

IntrusivePtr<OpNode> OpNode::create(const ops::OpCall& call) {
  const Layout layout(call);
  void* memory = object_pool::allocate(layout.end);
  OpNode* node = nullptr;
  try {
    node = new (memory) OpNode(call, layout);
  } catch (...) {
    object_pool::deallocate(memory, layout.end);
    throw;
  }
  auto owned = IntrusivePtr<OpNode>::adopt(node);
  node->record_shapes(call);
  node->record_inputs(call);
  if (AnomalyMode::is_enabled()) [[unlikely]]
    node->set_forward_trace(capture_forward_trace());
  return owned;
}

inline void OpNode::record_shapes(const ops::OpCall& call) {
  Shape* shape = shapes_;
  std::uint32_t used = 0;
  const auto record = [&](const TensorImpl* impl) {
    if (impl == nullptr) {
      *shape++ = {};
      return;
    }
    const TensorMeta& meta = impl->meta;
    *shape++ = {used, static_cast<std::uint8_t>(meta.dim()), meta.dtype, meta.device};
    for (std::size_t d = 0; d < meta.dim(); ++d) dims_[used++] = meta.sizes[d];
  };
  for (std::size_t i = 0; i < call.in.size(); ++i) record(call.in[i].impl());
  for (const Tensor& out : call.out) record(out.impl());
}

inline void OpNode::record_inputs(const ops::OpCall& call) {
  for (std::size_t i = 0; i < call.in.size(); ++i) {
    TensorImpl* impl = call.in[i].impl();
    if (impl != nullptr && impl->wants_grad()) edges()[i] = gradient_edge(*impl);
  }
  SavedTensor* next = saved_;
  for (std::uint64_t bits = saves_.inputs; bits != 0; bits &= bits - 1, ++next) {
    const auto i = static_cast<std::size_t>(std::countr_zero(bits));
    const Tensor& in = call.in[i];
    if (!in.defined()) continue;
    *next = SavedTensor(*(call.in_place && i == 0 ? unwritten(in) : in).impl(), def_.name);
  }
}

void OpNode::save_outputs(std::span<const Tensor> outputs) {
  if (saves_.outputs == 0) return;
  auto next = std::size_t{count_bits(saves_.inputs)};
  for (std::size_t i = 0; i < outputs.size() && i < 64; ++i) {
    if (((saves_.outputs >> i) & 1U) == 0) continue;
    if (outputs[i].defined()) saved_[next] = SavedTensor(*outputs[i].impl(), def_.name);
    ++next;
  }
}

InputMetadata OpNode::input_metadata(std::size_t i) const {
  const Shape& shape = shapes_[num_outputs() + i];
  return {sizes(shape), shape.dtype, shape.device};
}

void OpNode::unpack(const NodeCall& call, Tensor* inputs, Tensor* outputs) {
  if (!has_saved()) return;
  const FlagLock lock(saved_in_use_);
  SINTER_CHECK(!released_,
               "[backward] the graph was already freed; call backward with retain_graph=true to go "
               "through it again; got a second pass through ",
               name());
  const SavedTensor* next = saved_;
  for (std::uint64_t bits = saves_.inputs; bits != 0; bits &= bits - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(bits));
    inputs[i] = (next++)->unpack(def_.name, "input", i, call, edges()[i]);
  }
  for (std::uint64_t bits = saves_.outputs; bits != 0; bits &= bits - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(bits));
    Edge edge;
    if (call.create_graph) {
      edge = call.output != nullptr
                 ? *call.output
                 : Edge{IntrusivePtr<Node>::share(this), static_cast<std::uint32_t>(i)};
    }
    outputs[i] = (next++)->unpack(def_.name, "output", i, call, edge);
  }
}

void OpNode::apply(NodeCall& call) {
  if (def_.vjp == nullptr) return;  // an in-place call that leaves nothing to differentiate
  const std::size_t num_in = num_outputs();
  SmallBuffer<Tensor, 4> inputs(num_in);
  SmallBuffer<Tensor, 2> outputs(num_inputs());
  SmallBuffer<VjpShape, 4> shapes(num_in);
  unpack(call, inputs.data(), outputs.data());
  for (std::size_t i = 0; i < num_in; ++i) {
    shapes[i] = {sizes(shapes_[i]), shapes_[i].dtype, shapes_[i].device};
  }
  std::uint64_t needed = 0;
  for (std::size_t i = 0; i < num_in && i < 64; ++i) {
    if (edges()[i].is_valid() && call.needs(i)) needed |= std::uint64_t{1} << i;
  }
  def_.vjp({attributes_, inputs.span(), shapes.span(), outputs.span(), call.grads, needed,
            call.results});
}

void OpNode::release_variables() noexcept {
  if (!has_saved()) return;
  const FlagLock lock(saved_in_use_);
  for (std::uint32_t i = 0; i < num_saved_; ++i) saved_[i].reset();
  released_ = true;
}

}  // namespace sinter::autograd
