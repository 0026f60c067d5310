#include <sinter/core/scratch.h>
#include <sinter/ops/cpu/onednn.h>

#ifdef SINTER_WITH_ONEDNN
#include <sinter/core/error.h>
#include <sinter/core/parallel.h>
#include <sinter/core/thread_team_internal.h>
#include <sinter/ops/cpu/lru_cache.h>
#include <sinter/ops/cpu/workspace.h>

#include <algorithm>
#include <atomic>
#include <dnnl.hpp>
#include <limits>
#include <memory>
#include <string_view>
#ifdef SINTER_WITH_OPENMP
#include <omp.h>
#endif

namespace sinter::ops::cpu::onednn {

namespace {

using dnnl::memory;

constexpr std::size_t kPlans = 1024;
constexpr std::size_t kPackedWeights = 512;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}
dnnl::stream& stream() {
  thread_local dnnl::stream own(engine());
  return own;
}

// --- What a primitive is made from

// Everything that a primitive depends on.
using Key = std::array<std::int64_t, 24>;
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const std::int64_t value : key) {
      hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x100000001b3U;
      hash ^= hash >> 29;
    }
    return static_cast<std::size_t>(hash);
  }
};

// `form` tells plans of the same convolution apart: the number of threads, or kCut.
Key key_of(const Convolution& conv, const std::array<std::int64_t, 4>& strides, int form) {
  const ConvShape& s = conv.shape;
  return {static_cast<std::int64_t>(conv.pass),
          static_cast<std::int64_t>(conv.dtype) * 4 + (conv.bias ? 1 : 0) + (conv.relu ? 2 : 0),
          form,
          s.n,
          s.c,
          s.h,
          s.w,
          s.o,
          s.oh,
          s.ow,
          s.kh,
          s.kw,
          s.stride_h,
          s.stride_w,
          s.pad_top,
          s.pad_left,
          s.dilation_h,
          s.dilation_w,
          s.groups,
          strides[0],
          strides[1],
          strides[2],
          strides[3]};
}

struct Descs {
  memory::desc x, weight_any, weight_user, bias, y;
  memory::dims strides, dilates, pad_begin, pad_end;
};

// What y leaves unread at the end counts as negative padding.
std::int64_t end_padding(std::int64_t out, std::int64_t stride, std::int64_t taps,
                         std::int64_t dilation, std::int64_t in, std::int64_t begin) {
  return (out - 1) * stride + dilation * (taps - 1) + 1 - in - begin;
}

Descs describe(const Convolution& conv, const std::array<std::int64_t, 4>& strides) {
  const ConvShape& s = conv.shape;
  const auto type = conv.dtype == kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
  memory::dims sizes{s.o, s.group_inputs(), s.kh, s.kw};
  memory::dims steps(strides.begin(), strides.end());
  if (s.groups > 1) {
    sizes = {s.groups, s.group_outputs(), s.group_inputs(), s.kh, s.kw};
    steps.insert(steps.begin(), steps[0] * s.group_outputs());
  }
  Descs d;
  d.x = memory::desc({s.n, s.c, s.h, s.w}, type, memory::format_tag::nhwc);
  d.y = memory::desc({s.n, s.o, s.oh, s.ow}, type, memory::format_tag::nhwc);
  d.weight_any = memory::desc(sizes, type, memory::format_tag::any);
  d.weight_user = memory::desc(sizes, type, steps);
  if (conv.bias) d.bias = memory::desc({s.o}, type, memory::format_tag::x);
  d.strides = {s.stride_h, s.stride_w};
  d.dilates = {s.dilation_h - 1, s.dilation_w - 1};
  d.pad_begin = {s.pad_top, s.pad_left};
  d.pad_end = {end_padding(s.oh, s.stride_h, s.kh, s.dilation_h, s.h, s.pad_top),
               end_padding(s.ow, s.stride_w, s.kw, s.dilation_w, s.w, s.pad_left)};
  return d;
}

// --- The one place where the 2.x and the 3.x API differ

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

#if DNNL_VERSION_MAJOR >= 3
dnnl::convolution_forward::primitive_desc forward_desc(const Descs& d, dnnl::prop_kind kind,
                                                       const dnnl::primitive_attr& attr) {
  return {engine(), kind,      kAlgorithm, d.x,         d.weight_any, d.bias,
          d.y,      d.strides, d.dilates,  d.pad_begin, d.pad_end,    attr};
}
dnnl::convolution_backward_data::primitive_desc data_desc(const Descs& d,
                                                          const dnnl::primitive_attr& attr) {
  return {engine(),  kAlgorithm,
          d.x,       d.weight_any,
          d.y,       d.strides,
          d.dilates, d.pad_begin,
          d.pad_end, forward_desc(d, dnnl::prop_kind::forward_training, attr),
          attr};
}
dnnl::convolution_backward_weights::primitive_desc weight_desc(const Descs& d,
                                                               const dnnl::primitive_attr& attr) {
  return {engine(),  kAlgorithm,
          d.x,       d.weight_any,
          d.y,       d.strides,
          d.dilates, d.pad_begin,
          d.pad_end, forward_desc(d, dnnl::prop_kind::forward_training, attr),
          attr};
}
#else
dnnl::convolution_forward::primitive_desc forward_desc(const Descs& d, dnnl::prop_kind kind,
                                                       const dnnl::primitive_attr& attr) {
  return {{kind, kAlgorithm, d.x, d.weight_any, d.bias, d.y, d.strides, d.dilates, d.pad_begin,
           d.pad_end},
          attr,
          engine()};
}
dnnl::convolution_backward_data::primitive_desc data_desc(const Descs& d,
                                                          const dnnl::primitive_attr& attr) {
  return {{kAlgorithm, d.x, d.weight_any, d.y, d.strides, d.dilates, d.pad_begin, d.pad_end},
          attr,
          engine(),
          forward_desc(d, dnnl::prop_kind::forward_training, attr)};
}
dnnl::convolution_backward_weights::primitive_desc weight_desc(const Descs& d,
                                                               const dnnl::primitive_attr& attr) {
  return {{kAlgorithm, d.x, d.weight_any, d.y, d.strides, d.dilates, d.pad_begin, d.pad_end},
          attr,
          engine(),
          forward_desc(d, dnnl::prop_kind::forward_training, attr)};
}
#endif

}  // namespace

// A primitive ready to run, and the form in which it wants the weight; or, cut, plans for parts of
// the batch.
struct Plan {
  ConvShape shape;
  dnnl::primitive primitive;
  memory::desc x, y, bias, weight_user, weight_packed, scratchpad;
  bool packs = false;  // weight_packed differs from weight_user
  dnnl::reorder reorder;
  bool one_thread = false;
  PlanPtr part, last_part;
  std::int64_t parts = 0;
};

namespace {

// --- Making plans

dnnl::reorder reorder_between(const memory::desc& from, const memory::desc& to) {
  return dnnl::reorder(dnnl::reorder::primitive_desc(engine(), from, engine(), to));
}

// The library's kernels by matrix products cut their sums by thread, and are no faster than ours;
// its reference kernels are slow.
bool is_generated(const char* implementation) {
  const std::string_view name = implementation;
  return name.find("gemm") == std::string_view::npos && name.find("ref") == std::string_view::npos;
}

template <class Primitive, class Desc>
PlanPtr plan_from(const Convolution& conv, const Descs& d, const Desc& desc,
                  const memory::desc& packed) {
  if (!is_generated(desc.impl_info_str())) return nullptr;
  auto p = std::make_shared<Plan>();
  p->shape = conv.shape;
  p->x = d.x;
  p->y = d.y;
  p->bias = d.bias;
  p->weight_user = d.weight_user;
  p->weight_packed = packed;
  p->scratchpad = desc.scratchpad_desc();
  p->primitive = Primitive(desc);
  p->packs = packed != d.weight_user;
  if (p->packs) {
    p->reorder = conv.pass == Pass::weight ? reorder_between(packed, d.weight_user)
                                           : reorder_between(d.weight_user, packed);
  }
  return p;
}

// oneDNN counts in int inside.
bool is_in_range(const ConvShape& s, const Descs& d) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max() / 4;
  for (const std::int64_t size : {s.n, s.c, s.h, s.w, s.o, s.oh, s.ow, s.kh, s.kw, s.stride_h,
                                  s.stride_w, s.dilation_h, s.dilation_w}) {
    if (size < 1 || size > kMost) return false;
  }
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (d.pad_begin[i] < 0 || d.pad_begin[i] > kMost) return false;
    if (d.pad_end[i] <= -d.strides[i] || d.pad_end[i] > kMost) return false;
  }
  return true;
}

// oneDNN 2.6 gathers the input of a strided 1x1 convolution into scratch memory, eight channels at
// a time, for which it asks by the number of channels: with fewer than eight it writes past the
// end.
bool overruns_scratchpad(const Convolution& conv) {
  const ConvShape& s = conv.shape;
  return conv.pass == Pass::weight && s.taps() == 1 && (s.stride_h > 1 || s.stride_w > 1) &&
         s.group_inputs() % 8 != 0;
}

PlanPtr make_plan(const Convolution& conv, const std::array<std::int64_t, 4>& strides) {
  if (overruns_scratchpad(conv)) return nullptr;
  const Descs d = describe(conv, strides);
  if (!is_in_range(conv.shape, d)) return nullptr;
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (conv.relu) {
    dnnl::post_ops after;
    after.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
    attr.set_post_ops(after);
  }
  try {
    if (conv.pass == Pass::forward) {
      const auto desc = forward_desc(d, dnnl::prop_kind::forward_inference, attr);
      return plan_from<dnnl::convolution_forward>(conv, d, desc, desc.weights_desc());
    }
    if (conv.pass == Pass::data) {
      const auto desc = data_desc(d, attr);
      return plan_from<dnnl::convolution_backward_data>(conv, d, desc, desc.weights_desc());
    }
    const auto desc = weight_desc(d, attr);
    return plan_from<dnnl::convolution_backward_weights>(conv, d, desc, desc.diff_weights_desc());
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) {
      fail<OutOfMemoryError>("[convolution] oneDNN is out of memory; got ", error.what());
    }
    return nullptr;  // not implemented for these sizes
  }
}

LruCache<Key, PlanPtr, KeyHash>& plans() {
  static auto* cache = new LruCache<Key, PlanPtr, KeyHash>(kPlans);
  return *cache;
}

#ifdef SINTER_WITH_OPENMP

// While it lives, primitives are made for, and run on, this thread alone.
class OneThread {
 public:
  OneThread() : threads_(omp_get_max_threads()) {
    if (threads_ != 1) omp_set_num_threads(1);
  }
  ~OneThread() {
    if (threads_ != 1) omp_set_num_threads(threads_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int threads_;
};

PlanPtr plan_for_one_thread(const Convolution& conv, const std::array<std::int64_t, 4>& strides) {
  return plans().get(key_of(conv, strides, 1), [&]() -> PlanPtr {
    const OneThread alone;
    const PlanPtr made = make_plan(conv, strides);
    if (made == nullptr) return nullptr;
    auto own = std::make_shared<Plan>(*made);
    own->one_thread = true;
    return own;
  });
}

constexpr int kCut = -1;
constexpr std::int64_t kParts = 8;
// Multiply-adds below which starting threads costs more than it gains.
constexpr double kSerialWork = 1 << 18;

Convolution part_of(const Convolution& conv, std::int64_t images) {
  Convolution part = conv;
  part.shape.n = images;
  return part;
}

// A plan whose parts of the batch are each computed by one thread.
PlanPtr make_cut_plan(const Convolution& conv, const std::array<std::int64_t, 4>& strides) {
  const ConvShape& s = conv.shape;
  if (conv.dtype != kFloat32 || s.n < 1) return nullptr;
  const std::int64_t images = (s.n + kParts - 1) / kParts;
  auto p = std::make_shared<Plan>();
  p->shape = s;
  p->parts = (s.n + images - 1) / images;
  p->part = plan_for_one_thread(part_of(conv, images), strides);
  p->last_part = plan_for_one_thread(part_of(conv, s.n - (p->parts - 1) * images), strides);
  return p->part && p->last_part ? p : nullptr;
}
#endif

// --- Running

// Memory passed to a primitive, by its role.
class Arguments {
 public:
  void add(int role, const memory::desc& desc, const void* data) {
    memories_[count_] = memory(desc, engine(), const_cast<void*>(data));
    list_[count_] = {role, memories_[count_].get()};
    ++count_;
  }
  int size() const { return count_; }
  const dnnl_exec_arg_t* list() const { return list_.data(); }

 private:
  static constexpr std::size_t kMost = 6;
  std::array<memory, kMost> memories_;
  std::array<dnnl_exec_arg_t, kMost> list_;
  int count_ = 0;
};

void execute(const dnnl::primitive& primitive, const Arguments& arguments) {
  const dnnl_status_t status =
      dnnl_primitive_execute(primitive.get(), stream().get(), arguments.size(), arguments.list());
  SINTER_CHECK(status == dnnl_success, "[convolution] oneDNN could not run; got status ",
               static_cast<int>(status));
  stream().wait();
}

// --- Packed weights

std::atomic<std::size_t> weight_reorders{0};

using Packed = std::shared_ptr<Workspace<char>>;

struct PackedKey {
  const StorageImpl* owner;
  const void* data;
  const Plan* form;
  bool operator==(const PackedKey&) const = default;
};
struct PackedHash {
  std::size_t operator()(const PackedKey& k) const {
    const auto mix = [](std::size_t a, std::size_t b) { return (a ^ b) * 0x9e3779b97f4a7c15U; };
    std::size_t h = mix(reinterpret_cast<std::size_t>(k.owner), 1);
    h = mix(h, reinterpret_cast<std::size_t>(k.data));
    return mix(h, reinterpret_cast<std::size_t>(k.form)) >> 7;
  }
};

// The packed form of a weight that has not changed since it was last used.
struct PackedEntry {
  PlanPtr form;  // keeps the address in the key from being reused
  std::mutex mutex;
  std::uint32_t version = 0;
  bool used = false;
  Packed packed;
};

using PackedCache = LruCache<PackedKey, std::shared_ptr<PackedEntry>, PackedHash>;
PackedCache& packed_weights() {
  static auto* cache = new PackedCache(kPackedWeights);
  return *cache;
}

void forget_weight(const StorageImpl* owner) noexcept {
  packed_weights().erase_if([owner](const PackedKey& key) { return key.owner == owner; });
}

Packed pack(const Plan& p, const Weight& weight) {
  weight_reorders.fetch_add(1, std::memory_order_relaxed);
  auto packed =
      std::make_shared<Workspace<char>>(static_cast<std::int64_t>(p.weight_packed.get_size()));
  Arguments arguments;
  arguments.add(DNNL_ARG_FROM, p.weight_user, weight.data);
  arguments.add(DNNL_ARG_TO, p.weight_packed, packed->data());
  execute(p.reorder, arguments);
  return packed;
}

// In training a weight is used once between two changes: only the second use of the same elements
// keeps the packed form.
Packed packed_weight(const PlanPtr& p, const Weight& weight) {
  StorageImpl* owner = weight.owner;
  if (owner == nullptr || owner->exposed()) return pack(*p, weight);
  owner->watch(forget_weight);
  const auto entry = packed_weights().get({owner, weight.data, p.get()}, [&] {
    auto fresh = std::make_shared<PackedEntry>();
    fresh->form = p;
    return fresh;
  });
  const std::lock_guard lock(entry->mutex);
  const bool again = entry->used && entry->version == owner->version();
  entry->used = true;
  entry->version = owner->version();
  if (again && entry->packed) return entry->packed;
  entry->packed.reset();
  if (!again) return pack(*p, weight);
  const cpu_allocator::ScratchPause pause;
  return entry->packed = pack(*p, weight);
}

// Runs a pass that reads the weight.
void run_with_weight(const PlanPtr& p, const Weight& weight, Arguments arguments) {
  const Packed packed = p->packs ? packed_weight(p, weight) : nullptr;
  const Workspace<char> scratch(static_cast<std::int64_t>(p->scratchpad.get_size()));
  arguments.add(DNNL_ARG_WEIGHTS, p->weight_packed, packed ? packed->data() : weight.data);
  arguments.add(DNNL_ARG_SCRATCHPAD, p->scratchpad, scratch.data());
  execute(p->primitive, arguments);
}

void run_weight_pass(const Plan& p, const void* x, const void* dy, void* dweight) {
  const Workspace<char> scratch(static_cast<std::int64_t>(p.scratchpad.get_size()));
  const Workspace<char> packed(p.packs ? static_cast<std::int64_t>(p.weight_packed.get_size()) : 0);
  Arguments arguments;
  arguments.add(DNNL_ARG_SRC, p.x, x);
  arguments.add(DNNL_ARG_DIFF_DST, p.y, dy);
  arguments.add(DNNL_ARG_DIFF_WEIGHTS, p.weight_packed, p.packs ? packed.data() : dweight);
  arguments.add(DNNL_ARG_SCRATCHPAD, p.scratchpad, scratch.data());
  execute(p.primitive, arguments);
  if (!p.packs) return;
  Arguments unpack;
  unpack.add(DNNL_ARG_FROM, p.weight_packed, packed.data());
  unpack.add(DNNL_ARG_TO, p.weight_user, dweight);
  execute(p.reorder, unpack);
}

#ifdef SINTER_WITH_OPENMP
void add_parts(const Workspace<float>& sums, std::int64_t parts, std::int64_t size, float* to) {
  parallel_for(0, size, 1 << 12, [&](std::int64_t begin, std::int64_t end) {
    std::copy(sums.data() + begin, sums.data() + end, to + begin);
    for (std::int64_t part = 1; part < parts; ++part) {
      const float* from = sums.data() + part * size;
      for (std::int64_t i = begin; i < end; ++i) to[i] += from[i];
    }
  });
}

void run_cut_plan(const Plan& p, const float* x, const float* dy, float* dweight) {
  const ConvShape& s = p.shape;
  const std::int64_t size = s.weight_numel(), images = p.part->shape.n;
  const Workspace<float> sums(checked_mul("convolution", p.parts, size));
  parallel_for(0, p.parts, 1, [&](std::int64_t begin, std::int64_t end) {
    const OneThread alone;
    for (std::int64_t part = begin; part < end; ++part) {
      const std::int64_t image = part * images;
      run_weight_pass(part + 1 < p.parts ? *p.part : *p.last_part, x + image * s.h * s.w * s.c,
                      dy + image * s.oh * s.ow * s.o, sums.data() + part * size);
    }
  });
  add_parts(sums, p.parts, size, dweight);
}
#endif

// Runs fn on as many threads as the plan was made for.
template <class F>
void run_plan(const Plan& p, F&& fn) {
#ifdef SINTER_WITH_OPENMP
  if (p.one_thread) {
    const OneThread alone;
    return fn();
  }
#endif
  sinter::detail::bind_openmp_threads();
  fn();
}

}  // namespace

bool has_bfloat16() {
  static const bool has = [] {
    const auto isa = dnnl::get_effective_cpu_isa();
    return isa == dnnl::cpu_isa::avx512_core_bf16 || isa == dnnl::cpu_isa::avx512_core_amx;
  }();
  return has;
}

PlanPtr plan(const Convolution& conv, const std::array<std::int64_t, 4>& weight_strides) {
  const bool must_cut = conv.pass == Pass::weight && deterministic();
#ifdef SINTER_WITH_OPENMP
  if (conv.shape.work() < kSerialWork || get_num_threads() == 1) {
    if (!must_cut || conv.shape.work() < kSerialWork) {
      return plan_for_one_thread(conv, weight_strides);
    }
  }
  if (must_cut) {
    return plans().get(key_of(conv, weight_strides, kCut),
                       [&] { return make_cut_plan(conv, weight_strides); });
  }
#else
  if (must_cut) return nullptr;
#endif
  sinter::detail::bind_openmp_threads();
  return plans().get(key_of(conv, weight_strides, get_num_threads()),
                     [&] { return make_plan(conv, weight_strides); });
}

void forward(const PlanPtr& plan, const void* x, const Weight& weight, const void* bias, void* y) {
  Arguments arguments;
  arguments.add(DNNL_ARG_SRC, plan->x, x);
  arguments.add(DNNL_ARG_DST, plan->y, y);
  if (bias != nullptr) arguments.add(DNNL_ARG_BIAS, plan->bias, bias);
  run_plan(*plan, [&] { run_with_weight(plan, weight, std::move(arguments)); });
}

void data(const PlanPtr& plan, const void* dy, const Weight& weight, void* dx) {
  Arguments arguments;
  arguments.add(DNNL_ARG_DIFF_DST, plan->y, dy);
  arguments.add(DNNL_ARG_DIFF_SRC, plan->x, dx);
  run_plan(*plan, [&] { run_with_weight(plan, weight, std::move(arguments)); });
}

void weight(const PlanPtr& plan, const void* x, const void* dy, void* dweight) {
#ifdef SINTER_WITH_OPENMP
  if (plan->parts > 0) {
    return run_cut_plan(*plan, static_cast<const float*>(x), static_cast<const float*>(dy),
                        static_cast<float*>(dweight));
  }
#endif
  run_plan(*plan, [&] { run_weight_pass(*plan, x, dy, dweight); });
}

Stats stats() {
  return {plans().size(), packed_weights().size(), weight_reorders.load(std::memory_order_relaxed)};
}

}  // namespace sinter::ops::cpu::onednn

#else

namespace sinter::ops::cpu::onednn {

bool has_bfloat16() { return false; }
PlanPtr plan(const Convolution&, const std::array<std::int64_t, 4>&) { return nullptr; }
void forward(const PlanPtr&, const void*, const Weight&, const void*, void*) {}
void data(const PlanPtr&, const void*, const Weight&, void*) {}
void weight(const PlanPtr&, const void*, const void*, void*) {}
Stats stats() { return {}; }

}  // namespace sinter::ops::cpu::onednn
#endif
