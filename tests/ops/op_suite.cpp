#include "op_suite.h"

#include <sinter/autograd/gradcheck.h>
#include <sinter/core/backend.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/device_kernels.h>
#include <sinter/ops/registry.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

namespace sinter::testing {

namespace {

Tensors relayout(const Tensors& inputs, Tensor (*layout)(const Tensor&)) {
  Tensors out;
  for (const Tensor& t : inputs) out.push_back(t.defined() ? layout(t) : t);
  return out;
}

double tolerance_of(const OpSamples& op, DType dtype) {
  switch (dtype) {
    case DType::f64:
      return 1e-10;
    case DType::f32:
      return op.tolerance;
    case DType::f16:
      return std::max(op.tolerance, 2e-3);
    case DType::bf16:
      return std::max(op.tolerance, 1.6e-2);
    default:
      return 0;
  }
}

// |got - want| <= tolerance * max(1, |want|), with NaN equal to NaN.
bool close(double got, double want, double tolerance) {
  if (std::isnan(want)) return std::isnan(got);
  if (std::isinf(want) || std::isinf(got)) return got == want;
  return std::abs(got - want) <= tolerance * std::max(1.0, std::abs(want));
}

void compare(const Tensors& got, const Tensors& want, double tolerance) {
  REQUIRE(got.size() == want.size());
  for (std::size_t k = 0; k < got.size(); ++k) {
    INFO("output " << k);
    if (!want[k].defined()) continue;
    REQUIRE(got[k].sizes().vec() == want[k].sizes().vec());
    const std::vector<double> a = to_doubles(got[k]);
    const std::vector<double> b = to_doubles(want[k]);
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (close(a[i], b[i], tolerance)) continue;
      FAIL("element " << i << " is " << a[i] << ", should be " << b[i]);
    }
  }
  SUCCEED();
}

void compare_bytes(const Tensors& got, const Tensors& want) {
  REQUIRE(got.size() == want.size());
  for (std::size_t k = 0; k < got.size(); ++k) {
    INFO("output " << k);
    REQUIRE(got[k].sizes().vec() == want[k].sizes().vec());
    REQUIRE(got[k].dtype() == want[k].dtype());
    CHECK(to_bytes(got[k]) == to_bytes(want[k]));
  }
}

// Runs with a number of threads, and puts the old number back.
struct WithThreads {
  explicit WithThreads(int threads) : old_(get_num_threads()) { set_num_threads(threads); }
  ~WithThreads() { set_num_threads(old_); }
  int old_;
};

struct WithDeterminism {
  explicit WithDeterminism(bool on) : old_(deterministic()) { set_deterministic(on); }
  ~WithDeterminism() { set_deterministic(old_); }
  bool old_;
};

Tensors run_seeded(const Sample& sample, const Tensors& inputs) {
  manual_seed(7);
  return sample.run(inputs);
}

template <class F>
void for_each_sample(const OpSamples& op, F&& fn) {
  for (const Sample& sample : op.samples()) {
    INFO(op.op << ": " << sample.label);
    fn(sample);
  }
}

}  // namespace

void check_values(const OpSamples& op) {
  for_each_sample(op, [&](const Sample& sample) {
    REQUIRE((op.random || sample.reference));
    for (const DType dtype : op.dtypes) {
      INFO("dtype " << name(dtype));
      const Tensors inputs = cast(sample.inputs, dtype);
      const Tensors got = run_seeded(sample, inputs);
      if (op.random) {
        CHECK(!got.empty());
        continue;
      }
      compare(got, sample.reference(cast(inputs, kFloat64)), tolerance_of(op, dtype));
    }
  });
}

void check_layouts(const OpSamples& op) {
  if (!op.any_layout) return;
  using Layout = Tensor (*)(const Tensor&);
  const std::pair<const char*, Layout> layouts[] = {{"gaps", with_gaps},
                                                    {"reversed strides", with_reversed_strides},
                                                    {"channels_last", in_channels_last},
                                                    {"free layout", in_free_layout}};
  for_each_sample(op, [&](const Sample& sample) {
    const DType dtype = op.dtypes.front();
    const Tensors inputs = cast(sample.inputs, dtype);
    const Tensors want = run_seeded(sample, inputs);
    for (const auto& [label, layout] : layouts) {
      INFO("layout " << label);
      const Tensors got = run_seeded(sample, relayout(inputs, layout));
      compare(got, want, std::max(tolerance_of(op, dtype), 1e-12));
    }
  });
}

void check_threads(const OpSamples& op) {
  const WithDeterminism determinism(op.free_threads);
  for_each_sample(op, [&](const Sample& sample) {
    const Tensors inputs = cast(sample.inputs, op.dtypes.front());
    Tensors want;
    {
      const WithThreads one(1);
      want = run_seeded(sample, inputs);
    }
    for (const int threads : {2, 3}) {
      INFO(threads << " threads");
      const WithThreads several(threads);
      compare_bytes(run_seeded(sample, inputs), want);
    }
  });
}

void check_inference(const OpSamples& op) {
  const ops::OpDef* def = ops::find_op(op.op);
  REQUIRE(def != nullptr);
  for_each_sample(op, [&](const Sample& sample) {
    const Tensors inputs = cast(sample.inputs, op.dtypes.front());
    if (inputs.empty()) return;
    if (def->data_dependent) {
      CHECK_THROWS_AS(run_seeded(sample, relayout(inputs, as_fake)), NotImplementedError);
      return;
    }
    const Tensors real = run_seeded(sample, inputs);
    const Tensors fake = run_seeded(sample, relayout(inputs, as_fake));
    REQUIRE(fake.size() == real.size());
    for (std::size_t k = 0; k < fake.size(); ++k) {
      INFO("output " << k);
      const TensorMeta& a = fake[k].impl()->meta;
      const TensorMeta& b = real[k].impl()->meta;
      CHECK(IntArrayRef(a.sizes).vec() == IntArrayRef(b.sizes).vec());
      CHECK(IntArrayRef(a.strides).vec() == IntArrayRef(b.strides).vec());
      CHECK(a.dtype == b.dtype);
      CHECK(a.free_layout == b.free_layout);
    }
  });
}

void check_purity(const OpSamples& op) {
  for_each_sample(op, [&](const Sample& sample) {
    const Tensors inputs = cast(sample.inputs, op.dtypes.front());
    std::vector<std::vector<char>> before;
    std::vector<std::uint32_t> versions;
    for (const Tensor& t : inputs) {
      before.push_back(t.defined() ? to_bytes(t) : std::vector<char>{});
      versions.push_back(t.defined() ? t._version() : 0);
    }
    run_seeded(sample, inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].defined()) continue;
      INFO("input " << i);
      CHECK(to_bytes(inputs[i]) == before[i]);
      CHECK(inputs[i]._version() == versions[i]);
    }
  });
}

void check_in_place(const OpSamples& op) {
  if (!op.in_place) return;
  std::size_t compared = 0;
  for_each_sample(op, [&](const Sample& sample) {
    const Tensors inputs = cast(sample.inputs, op.dtypes.front());
    if (inputs.empty()) return;
    const Tensors want = run_seeded(sample, inputs);
    // Where the result has another shape or dtype than self, in place is an error, tested
    // elsewhere.
    if (!(want[0].sizes() == inputs[0].sizes()) || want[0].dtype() != inputs[0].dtype()) return;
    for (const bool gaps : {false, true}) {
      Tensors in = inputs;
      in[0] = gaps ? with_gaps(inputs[0]) : inputs[0].clone();
      const std::uint32_t version = in[0]._version();
      manual_seed(7);
      op.in_place(in);
      CHECK(in[0]._version() > version);
      compare({in[0]}, {want[0]}, std::max(tolerance_of(op, op.dtypes.front()), 1e-12));
    }
    ++compared;
  });
  CHECK(compared > 0);
}

void check_gradients(const OpSamples& op) {
  const ops::OpDef* def = ops::find_op(op.op);
  REQUIRE(def != nullptr);
  if (def->vjp == nullptr) return;
  std::size_t checked = 0;
  for_each_sample(op, [&](const Sample& sample) {
    if (!sample.gradcheck) return;
    Tensors inputs;
    bool any = false;
    for (const Tensor& t : cast(sample.inputs, kFloat64)) {
      const bool wants = t.defined() && t.is_floating_point();
      inputs.push_back(wants ? t.clone().set_requires_grad(true) : t);
      any = any || wants;
    }
    if (!any) return;
    const auto fn = [&](const Tensors& in) { return run_seeded(sample, in); };
    CHECK(autograd::gradcheck(fn, inputs));
    CHECK(autograd::gradgradcheck(fn, inputs));
    ++checked;
  });
  CHECK(checked > 0);
}

void check_errors(const OpSamples& op) {
  if (!op.errors) return;
  for (const ErrorSample& sample : op.errors()) {
    INFO(op.op << ": " << sample.label);
    try {
      sample.run();
      FAIL_CHECK("nothing was thrown");
    } catch (const Error& error) {
      const std::string message = error.what();
      CHECK_THAT(message, Catch::Contains(sample.message));
      CHECK_THAT(message, Catch::StartsWith("["));
    }
  }
}

void check_coverage() {
  std::set<std::string> sampled;
  std::size_t samples = 0;
  for (const OpSamples& op : all_samples()) {
    CHECK(sampled.insert(op.op).second);
    CHECK(ops::find_op(op.op) != nullptr);
    CHECK(!op.dtypes.empty());
    samples += op.samples().size();
    INFO(op.op);
    CHECK(!op.samples().empty());
  }
  std::set<std::string> names;
  for (const ops::OpDef* def : ops::all_ops()) {
    INFO(def->name);
    CHECK(names.insert(def->name).second);
    CHECK(sampled.count(def->name) == 1);
    CHECK((def->infer != nullptr || def->data_dependent));
    CHECK((def->kernel[0] != nullptr || def->view));
    CHECK((def->vjp != nullptr) != (def->no_vjp != nullptr));
    CHECK((def->onnx.type != nullptr) != (def->no_onnx != nullptr));
    // A build without the CUDA layer cannot see its kernels.
    const bool on_cuda = ops::find_kernel(*def, kCUDA) != nullptr;
    if (has_backend(kCUDA) && !def->view) CHECK(on_cuda == (def->no_cuda == nullptr));
    CHECK(!(on_cuda && def->no_cuda != nullptr));
  }
  WARN(names.size() << " ops, " << samples << " samples");
}

}  // namespace sinter::testing
