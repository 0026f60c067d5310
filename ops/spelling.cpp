#include <sinter/core/error.h>
#include <sinter/ops/spelling.h>

#include <algorithm>

namespace sinter::ops {

Tensor& CallParts::operator[](std::size_t i) {
  Tensor& input = inputs_.at(i);
  SINTER_CHECK_AS(TypeError, !input.defined() || !input.impl()->wrapped_number,
                  "[spelling] a tensor is wanted; got a number as input ", i);
  return input;
}

Scalar CallParts::scalar(std::size_t i) const {
  const Tensor& input = inputs_.at(i);
  SINTER_CHECK_AS(TypeError, input.defined() && input.impl()->wrapped_number,
                  "[spelling] a number is wanted; got a tensor as input ", i);
  return input.item();
}

std::vector<Tensor> CallParts::from(std::size_t first) const {
  const std::size_t start = std::min(first, inputs_.size());
  return {inputs_.begin() + static_cast<std::ptrdiff_t>(start), inputs_.end()};
}

std::int64_t CallParts::only(std::string_view name) const {
  const Dims list = dims(name);
  SINTER_CHECK_AS(ValueError, list.size() == 1, "[spelling] a list of one is wanted; got ",
                  IntArrayRef(list));
  return list[0];
}

Dims CallParts::half(std::string_view name) const {
  const Dims list = dims(name);
  const IntArrayRef both = list;
  const std::size_t count = both.size() / 2;
  SINTER_CHECK_AS(ValueError, both.slice(0, count) == both.slice(count),
                  "[spelling] a list with equal halves is wanted; got ", both);
  return both.slice(0, count);
}

Dims CallParts::pads() const {
  const Dims before = dims("before");
  const Dims after = dims("after");
  Dims out;
  for (std::size_t d = before.size(); d-- > 0;) {
    out.push_back(before[d]);
    out.push_back(after[d]);
  }
  while (!out.empty() && out[out.size() - 1] == 0 && out[out.size() - 2] == 0) {
    out.resize(out.size() - 2);
  }
  return out;
}

const AttrValue& CallParts::value(std::string_view name) const {
  const auto found = std::find_if(items_.begin(), items_.end(),
                                  [&](const AttrsType::Item& item) { return name == item.name; });
  SINTER_CHECK_AS(IndexError, found != items_.end(), "[spelling] there is no attribute \"", name,
                  "\"");
  return found->value;
}

std::vector<const Spelling*> spellings_of(const OpDef& op) {
  std::vector<const Spelling*> out;
  for (const auto table : {pointwise_spellings(), tensor_spellings(), layer_spellings()}) {
    for (const Spelling& spelling : table) {
      if (spelling.op == op.name) out.push_back(&spelling);
    }
  }
  return out;
}

}  // namespace sinter::ops
