// Every op, called with broken inputs and attributes: an exception or a result, never a signal.
//
// The calls that an op's samples make are recorded at dispatch, then repeated with one thing wrong
// at a time. Each op runs in a child process, so that a crash is reported with what caused it.
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/registry.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "op_suite.h"

namespace sinter::testing {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kHostileInts[] = {
    kMin,      kMin + 1, -(std::int64_t{1} << 62), -2, -1, 0, 1, 5, 1LL << 31, 1LL << 32,
    1LL << 62, kMax};
constexpr double kHostileDoubles[] = {-1, 0, 1e300, -1e300, 1e-310};

struct Call {
  const ops::OpDef* def;
  Tensors in;
  std::vector<ops::AttrsType::Item> attrs;
  std::size_t outputs;
  bool in_place;
};

class CallRecorder : public ops::Interceptor {
 public:
  explicit CallRecorder(const ops::OpDef* def) : def_(def) {}
  void handle(ops::OpCall& call) override {
    if (&call.def == def_) {
      Call copy{def_, {}, def_->attrs->items(call.attributes), call.out.size(), call.in_place};
      for (std::size_t i = 0; i < call.in.size(); ++i) copy.in.push_back(call.in[i]);
      calls.push_back(std::move(copy));
    }
    ops::dispatch(call);
  }
  std::vector<Call> calls;

 private:
  const ops::OpDef* def_;
};

std::vector<Call> recorded_calls(const OpSamples& op, const ops::OpDef* def) {
  CallRecorder recorder(def);
  const ops::InterceptorGuard guard(recorder, ops::InterceptorGuard::Where::above_autograd);
  for (const Sample& sample : op.samples()) sample.run(sample.inputs);
  return std::move(recorder.calls);
}

// What the child is trying, in memory that the parent sees.
struct Progress {
  char what[512];
  long calls;
  long refused;
};

void try_call(const Call& call, const std::string& what, Progress& progress) {
  std::snprintf(progress.what, sizeof(progress.what), "%s", what.c_str());
  ++progress.calls;
  std::vector<const Tensor*> in;
  Tensors own;
  for (const Tensor& t : call.in) own.push_back(t);
  if (call.in_place && !own.empty() && own[0].defined()) own[0] = own[0].clone();
  for (const Tensor& t : own) in.push_back(&t);
  alignas(16) std::byte attributes[1024];
  if (call.def->attrs->size > sizeof(attributes)) std::abort();
  try {
    call.def->attrs->restore(attributes, call.attrs);
  } catch (const std::exception&) {
    return;  // the attribute cannot hold such a value
  }
  try {
    Tensors out(call.outputs);
    if (call.in_place && !own.empty()) out[0] = own[0];
    ops::OpCall op{*call.def, {in.data(), in.size()}, attributes, out, call.in_place};
    ops::dispatch(op);
  } catch (const Error&) {
    ++progress.refused;
  }
  call.def->attrs->destroy(attributes);
}

std::vector<ops::AttrValue> hostile_values(const ops::AttrValue& value) {
  std::vector<ops::AttrValue> out;
  if (std::holds_alternative<bool>(value)) out.emplace_back(!std::get<bool>(value));
  if (std::holds_alternative<std::int64_t>(value)) {
    for (const std::int64_t v : kHostileInts) out.emplace_back(v);
  }
  const double nan = std::nan("");
  if (std::holds_alternative<double>(value)) {
    for (const double v : kHostileDoubles) out.emplace_back(v);
    out.emplace_back(nan);
    out.emplace_back(std::numeric_limits<double>::infinity());
  }
  if (std::holds_alternative<Scalar>(value)) {
    for (const double v : kHostileDoubles) out.emplace_back(Scalar(v));
    for (const std::int64_t v : kHostileInts) out.emplace_back(Scalar(v));
    out.emplace_back(Scalar(nan));
    out.emplace_back(Scalar(true));
  }
  if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      for (const std::int64_t v : kHostileInts) {
        std::vector<std::int64_t> changed = *list;
        changed[i] = v;
        out.emplace_back(changed);
      }
    }
    out.emplace_back(std::vector<std::int64_t>{});
    out.emplace_back(std::vector<std::int64_t>(list->size() + 1, 1));
    out.emplace_back(std::vector<std::int64_t>(list->size(), 0));
    out.emplace_back(std::vector<std::int64_t>(list->size(), kMax));
  }
  if (std::holds_alternative<std::string>(value)) out.emplace_back(std::string("?"));
  return out;
}

void try_attributes(const Call& call, Progress& progress) {
  for (std::size_t i = 0; i < call.attrs.size(); ++i) {
    if (call.attrs[i].enumeration) continue;
    std::size_t k = 0;
    for (ops::AttrValue& value : hostile_values(call.attrs[i].value)) {
      Call changed = call;
      changed.attrs[i].value = std::move(value);
      try_call(changed, str("attribute ", call.attrs[i].name, ", hostile value ", k++), progress);
    }
  }
}

Tensor filled(const Tensor& like, double value) {
  const Tensor out = empty_tensor("test", like.sizes(), like.dtype());
  visit_dtype(like.dtype(), [&]<class T>() {
    T* data = out.data_ptr<T>();
    for (std::int64_t i = 0; i < out.numel(); ++i) {
      if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        data[i] = value < 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
      } else {
        data[i] = T(static_cast<float>(value));
      }
    }
  });
  return out;
}

Tensor sized(const Tensor& like, IntArrayRef sizes) {
  const Tensor out = empty_tensor("test", sizes, like.dtype());
  if (out.nbytes() > 0) std::memset(out.data_ptr(), 0, out.nbytes());
  return out;
}

// Every element at one address.
Tensor overlapping(const Tensor& like) {
  const Tensor one = sized(like, {1});
  TensorMeta meta = one.impl()->meta;
  meta.set_strided(like.sizes(), Dims(static_cast<std::size_t>(like.dim()), 0), 0);
  return make_view(one.storage(), meta);
}

std::vector<std::pair<std::string, Tensor>> hostile_tensors(const Tensor& t) {
  std::vector<std::pair<std::string, Tensor>> out{{"undefined", Tensor()}};
  if (!t.defined()) return {{"defined", empty_tensor("test", {3}, kFloat32)}};
  out.emplace_back("0-d", sized(t, {}));
  out.emplace_back("empty", sized(t, {0}));
  out.emplace_back("empty 2-d", sized(t, {0, 3}));
  out.emplace_back("5-d", sized(t, {1, 2, 1, 2, 1}));
  Dims zero = t.sizes();
  for (auto& s : zero) s = 0;
  out.emplace_back("all sizes 0", sized(t, zero));
  Dims more = t.sizes();
  for (auto& s : more) s += 1;
  out.emplace_back("one larger", sized(t, more));
  out.emplace_back("NaN or greatest", filled(t, std::nan("")));
  out.emplace_back("least", filled(t, -1));
  out.emplace_back("overlapping", overlapping(t));
  for (const DType dtype : {kBool, kUInt8, kInt64, kFloat16, kFloat64}) {
    out.emplace_back(str("dtype ", dtype), empty_tensor("test", t.sizes(), dtype));
    if (out.back().second.nbytes() > 0) {
      std::memset(out.back().second.data_ptr(), 0, out.back().second.nbytes());
    }
  }
  out.emplace_back("fake", as_fake(t));
  return out;
}

void try_inputs(const Call& call, Progress& progress) {
  for (std::size_t i = 0; i < call.in.size(); ++i) {
    for (auto& [label, tensor] : hostile_tensors(call.in[i])) {
      Call changed = call;
      changed.in[i] = tensor;
      if (call.in_place && i == 0 && !tensor.defined()) continue;
      try_call(changed, str("input ", i, " ", label), progress);
    }
  }
  Call fewer = call;
  if (!fewer.in.empty()) {
    fewer.in.pop_back();
    try_call(fewer, "one input missing", progress);
  }
  Call more = call;
  more.in.emplace_back(empty_tensor("test", {2}, kFloat32));
  try_call(more, "one input too many", progress);
}

// An honest machine has no room for what hostile sizes ask.
bool too_large(std::size_t bytes) { return bytes > (std::size_t{1} << 28); }

[[noreturn]] void run_child(const OpSamples& op, const ops::OpDef* def, Progress& progress) {
  ::alarm(120);
  cpu_allocator::set_fault_hook(too_large);
  try {
    set_num_threads(1);
    for (const Call& call : recorded_calls(op, def)) {
      try_attributes(call, progress);
      try_inputs(call, progress);
    }
  } catch (const std::exception& error) {
    std::snprintf(progress.what, sizeof(progress.what), "not a sinter::Error: %s", error.what());
    ::_exit(2);
  }
  ::_exit(0);
}

}  // namespace

TEST_CASE("no op can be crashed by broken inputs or attributes", "[hostile]") {
  void* shared =
      ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  auto& progress = *static_cast<Progress*>(shared);
  long calls = 0;
  long refused = 0;
  for (const OpSamples& op : all_samples()) {
    const ops::OpDef* def = ops::find_op(op.op);
    REQUIRE(def != nullptr);
    progress = {};
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) run_child(op, def, progress);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    INFO(op.op << ": " << progress.what);
    CHECK(!WIFSIGNALED(status));
    CHECK(WEXITSTATUS(status) == 0);
    calls += progress.calls;
    refused += progress.refused;
  }
  ::munmap(shared, sizeof(Progress));
  WARN(calls << " hostile calls, " << refused << " refused");
  CHECK(calls > 1000);
  CHECK(refused > calls / 4);
}

}  // namespace sinter::testing
