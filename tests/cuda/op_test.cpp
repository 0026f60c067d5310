// Every op with a CUDA kernel, over its samples: the same as on the CPU.
#include <sinter/ops/device_kernels.h>
#include <sinter/ops/registry.h>

#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "compare.h"
#include "op_suite.h"

namespace sinter::testing {
namespace {

// Results on the device; nothing where the sample needs what CUDA does not have: a kernel (of
// another op, or for the dtype), or a tensor that it makes on the CPU.
std::optional<Tensors> run_on_device(const Sample& sample, const Tensors& inputs) {
  try {
    return sample.run(on_device(inputs, kCUDA));
  } catch (const NotImplementedError& error) {
    const std::string message = error.what();
    if (message.find("no kernel for this d") == std::string::npos) throw;
  } catch (const ValueError& error) {
    if (std::string(error.what()).find("must be on one device") == std::string::npos) throw;
  }
  return std::nullopt;
}

bool any_on_device(const Tensors& results) {
  for (const Tensor& t : results) {
    if (t.defined() && t.is_cuda()) return true;
  }
  return false;
}

struct Counts {
  int compared = 0, left_out = 0;
};

// Samples of many elements are for the CPU's threads; an interpreter takes too long over them.
bool too_large(const Tensors& inputs) {
  constexpr std::int64_t kMost = 5000;
  for (const Tensor& t : inputs) {
    if (t.defined() && t.numel() > kMost) return true;
  }
  return false;
}

void compare_sample(const OpSamples& op, const Sample& sample, const Tensors& inputs, DType dtype,
                    Counts& counts) {
  std::optional<Tensors> got;
  if (!too_large(inputs)) got = run_on_device(sample, inputs);
  if (!got || !any_on_device(*got)) {
    ++counts.left_out;
    return;
  }
  const double tolerance = std::max(device_tolerance(dtype), dtype == kFloat32 ? op.tolerance : 0);
  compare_devices(*got, sample.run(inputs), tolerance);
  ++counts.compared;
}

Counts compare_values(const OpSamples& op) {
  Counts counts;
  for (const Sample& sample : op.samples()) {
    for (const DType dtype : op.dtypes) {
      INFO(sample.label << ", " << name(dtype));
      compare_sample(op, sample, cast(sample.inputs, dtype), dtype, counts);
    }
  }
  return counts;
}

// The layouts are made on the device: to_device packs what is not dense.
Counts compare_layouts(const OpSamples& op) {
  Counts counts;
  if (!op.any_layout) return counts;
  const DType dtype = op.dtypes.front();
  for (const Sample& sample : op.samples()) {
    INFO(sample.label << ", reversed strides");
    Tensors inputs = cast(sample.inputs, dtype);
    for (Tensor& t : inputs) t = t.defined() ? with_reversed_strides(t) : t;
    compare_sample(op, sample, inputs, dtype, counts);
  }
  return counts;
}

class DeviceOpTest : public Catch::ITestInvoker {
 public:
  explicit DeviceOpTest(OpSamples op) : op_(std::move(op)) {}
  void invoke() const override {
    const Counts values = compare_values(op_);
    const Counts layouts = compare_layouts(op_);
    CHECK(values.compared > 0);
    WARN(values.compared + layouts.compared << " cases compared, "
                                            << values.left_out + layouts.left_out << " left out");
  }

 private:
  OpSamples op_;
};

bool register_ops() {
  for (OpSamples& op : all_samples()) {
    const ops::OpDef* def = ops::find_op(op.op);
    // Ops without inputs run where their attributes say: device_test.cpp has them.
    if (op.random || def == nullptr || def->view || def->arity == 0) continue;
    if (def->kernel[1] != nullptr || op.op == "empty_like") continue;
    if (!has_backend(kCUDA) || ops::find_kernel(*def, kCUDA) == nullptr) continue;
    const std::string name = "op " + op.op;
    Catch::AutoReg registration(new DeviceOpTest(std::move(op)), CATCH_INTERNAL_LINEINFO, "",
                                Catch::NameAndTags{name, "[op]"});
  }
  return true;
}

const bool kRegistered = register_ops();

}  // namespace

TEST_CASE("every op has a CUDA kernel or says why it has none") {
  REQUIRE(kRegistered);
  int kernels = 0;
  for (const ops::OpDef* def : ops::all_ops()) {
    INFO(def->name);
    const bool has = ops::find_kernel(*def, kCUDA) != nullptr;
    if (!def->view) CHECK(has == (def->no_cuda == nullptr));
    kernels += has ? 1 : 0;
  }
  WARN(kernels << " ops have CUDA kernels");
}

}  // namespace sinter::testing
