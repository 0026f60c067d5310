// One program that makes the sample calls of all ops. Its tensors are buffers.
#include <sinter/core/error.h>
#include <sinter/ops/random_attrs.h>

#include "../../ops/op_sample.h"
#include "code_case.h"

namespace sinter::testing {

namespace {

Tensor converted(const Tensor& tensor, DType dtype) {
  return tensor.is_floating_point() ? tensor.detach().to(dtype) : tensor.detach();
}

// Makes the calls of samples whose inputs it holds.
struct SamplesImpl : nn::Module {
  struct Call {
    std::function<Tensors(const Tensors&)> run;
    Tensors inputs;  // undefined where one is left out
  };
  std::vector<Call> calls;

  void add(const std::function<Tensors(const Tensors&)>& run, const Tensors& inputs, DType dtype) {
    Call call{run, {}};
    for (const Tensor& input : inputs) {
      call.inputs.push_back(!input.defined()
                                ? input
                                : register_buffer(str("x", buffers(false).size()),
                                                  converted(input, dtype).contiguous()));
    }
    calls.push_back(std::move(call));
  }

  std::vector<Tensor> forward() {
    std::vector<Tensor> out;
    for (const Call& call : calls) {
      for (const Tensor& result : call.run(call.inputs)) {
        if (result.defined()) out.push_back(result);
      }
    }
    return out;
  }
};
SINTER_MODULE(Samples);

// Graphs draw random numbers from the default generator, whatever the program had.
bool draws_by_default(const graph::Graph& captured) {
  const std::uint64_t seed = default_generator().get_state().seed;
  for (const graph::Node* node : captured.nodes()) {
    if (node->op() == nullptr || node->op()->draw == nullptr) continue;
    graph::Attributes attributes = node->attributes();
    if (node->op()->draw(attributes.data())->seed != seed) return false;
  }
  return true;
}

bool can_be_captured(const Samples& samples) {
  try {
    return draws_by_default(graph::trace(samples, {})->graph());
  } catch (const Error&) {
    // It reads values, or uses tensors of its own.
    return false;
  }
}

// A call is taken if it can be captured by itself.
void add_sample(Samples& samples, const std::function<Tensors(const Tensors&)>& run,
                const Tensors& inputs, DType dtype) {
  Samples alone;
  alone->add(run, inputs, dtype);
  if (can_be_captured(alone)) samples->add(run, inputs, dtype);
}

Tensors run_in_place(const OpSamples& op, Tensors inputs) {
  for (Tensor& input : inputs) {
    if (input.defined()) input = input.clone();
  }
  op.in_place(inputs);
  return inputs;
}

void add_op(Samples& samples, const OpSamples& op) {
  const DType dtype = op.dtypes.empty() ? kFloat32 : op.dtypes.front();
  for (const Sample& sample : op.samples()) {
    add_sample(samples, sample.run, sample.inputs, dtype);
    if (!op.in_place || sample.inputs.empty()) continue;
    add_sample(
        samples, [op](const Tensors& inputs) { return run_in_place(op, inputs); }, sample.inputs,
        dtype);
  }
}

}  // namespace

std::vector<CodeCase> op_code_cases() {
  manual_seed(8461);  // no sample uses this one
  constexpr std::size_t kCallsPerProgram = 400;
  std::vector<CodeCase> out;
  Samples samples;
  const auto finish = [&] {
    out.push_back(module_case(str("ops", out.size()), samples, {{}}));
    out.back().gradients = false;
    samples = Samples();
  };
  for (const OpSamples& op : all_samples()) {
    if (samples->calls.size() > kCallsPerProgram) finish();
    add_op(samples, op);
  }
  finish();
  return out;
}

}  // namespace sinter::testing
