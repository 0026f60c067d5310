#include <sinter/autograd/grad_mode.h>
#include <sinter/core/error.h>
#include <sinter/core/random.h>
#include <sinter/core/safetensors.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/graph/attributes.h>
#include <sinter/graph/generated.h>
#include <sinter/graph/json_internal.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/random_attrs.h>
#include <sinter/ops/registry.h>

namespace sinter::graph {

CallArgument::CallArgument(const Scalar& number) : tensor_(wrapped_number(number)) {}

namespace {

Attributes attributes_of(const ops::OpDef& op, const std::vector<CallAttribute>& values) {
  Attributes out(*op.attrs, nullptr);
  for (const CallAttribute& item : values) out.set(item.name, item.value);
  if (op.draw == nullptr) return out;
  ops::DrawAttrs& draw = *op.draw(out.data());
  const PhiloxState state = default_generator().reserve(draw.blocks);
  draw.seed = state.seed;
  draw.offset = state.offset;
  return out;
}

std::vector<Tensor> run(std::string_view name, const std::vector<CallArgument>& arguments,
                        const std::vector<CallAttribute>& attributes, std::vector<Tensor> out,
                        bool in_place) {
  const ops::OpDef* op = ops::find_op(name);
  SINTER_CHECK_AS(ValueError, op != nullptr, "[call] there is no op of this name; got \"", name,
                  "\"");
  const std::size_t count = arguments.size();
  SINTER_CHECK_AS(ValueError, op->arity < 0 || count == static_cast<std::size_t>(op->arity),
                  "[call] ", name, " takes ", static_cast<int>(op->arity), " arguments; got ",
                  count);
  SINTER_CHECK_AS(ValueError, !in_place || (count > 0 && arguments[0].tensor().defined()),
                  "[call] ", name, " in place writes its first argument; got none");
  std::vector<const Tensor*> in;
  for (const CallArgument& argument : arguments) in.push_back(&argument.tensor());
  if (op->outputs >= 0) out.resize(static_cast<std::size_t>(op->outputs));
  if (in_place) out.at(0) = *in[0];
  const Attributes values = attributes_of(*op, attributes);
  ops::OpCall call{{*op, {in.data(), count}, values.data(), out}, in_place};
  ops::dispatch(call);
  return out;
}

}  // namespace

Tensor call(std::string_view op, const std::vector<CallArgument>& arguments,
            const std::vector<CallAttribute>& attributes) {
  std::vector<Tensor> out = run(op, arguments, attributes, std::vector<Tensor>(1), false);
  return out.empty() ? Tensor() : std::move(out[0]);
}

std::vector<Tensor> call_multi(std::string_view op, const std::vector<CallArgument>& arguments,
                               const std::vector<CallAttribute>& attributes, std::size_t results) {
  return run(op, arguments, attributes, std::vector<Tensor>(results), false);
}

Tensor call_in_place(std::string_view op, const std::vector<CallArgument>& arguments,
                     const std::vector<CallAttribute>& attributes) {
  return run(op, arguments, attributes, std::vector<Tensor>(1), true)[0];
}

void load_weights(nn::Module& module, const std::string& path) {
  const safetensors::File file = safetensors::load(path);
  OrderedDict<std::string, Tensor> tensors = tensors_of(module);
  for (const auto& item : tensors) {
    const Tensor source = file.find(item.key());
    SINTER_CHECK_AS(ValueError, source.defined(), "[load_weights] the file must have ", item.key(),
                    "; got ", file.tensors.size(), " other tensors");
    SINTER_CHECK_AS(ValueError, source.sizes() == item->sizes() && source.dtype() == item->dtype(),
                    "[load_weights] ", item.key(), " is ", name(item->dtype()), item->sizes(),
                    "; got ", name(source.dtype()), source.sizes());
  }
  SINTER_CHECK_AS(ValueError, tensors.size() == file.tensors.size(),
                  "[load_weights] the module has ", tensors.size(), " tensors; got a file of ",
                  file.tensors.size());
  const NoGradGuard no_grad;
  for (auto& item : tensors) item->copy_(file.find(item.key()));
}

}  // namespace sinter::graph
