// What a program computes, and whether another one computes the same bits.
#pragma once
#include <sinter/sinter.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace sinter::testing {

constexpr std::uint64_t kTraceSeed = 20;
constexpr std::uint64_t kRunSeed = 21;

// Results, buffers and gradients by name.
using Outcome = std::vector<std::pair<std::string, Tensor>>;

template <class Run>
Outcome outcome(const Run& run, const nn::Module& module, const std::vector<Tensor>& inputs,
                bool gradients) {
  manual_seed(kRunSeed);
  const AutoGradMode mode(gradients);
  Outcome out;
  Tensor sum;
  for (const Tensor& result : run(inputs)) {
    out.emplace_back("result" + std::to_string(out.size()), result.detach().contiguous().clone());
    if (result.requires_grad()) sum = sum.defined() ? sum + result.sum() : result.sum();
  }
  if (sum.defined()) sum.backward();
  for (const auto& item : module.named_parameters()) {
    if (item->grad().defined()) out.emplace_back("grad." + item.key(), item->grad().clone());
  }
  for (const auto& item : module.named_buffers()) {
    out.emplace_back("buffer." + item.key(), item->detach().clone());
  }
  return out;
}

inline void fail_program(const std::string& message) {
  std::cerr << message << '\n';
  std::exit(1);
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.sizes() != b.sizes() || a.dtype() != b.dtype()) return false;
  const Tensor x = a.contiguous().view({-1});
  const Tensor y = b.contiguous().view({-1});
  return a.numel() == 0 || x.view(kUInt8).equal(y.view(kUInt8));
}

// What the second has, the first must have.
inline void check_same(const Outcome& got, const Outcome& want, const std::string& what) {
  for (const auto& [name, tensor] : want) {
    bool found = false;
    for (const auto& [other, value] : got) {
      if (other != name) continue;
      found = true;
      if (!same_bits(value, tensor)) fail_program(what + ": " + name + " differs");
    }
    if (!found) fail_program(what + ": there is no " + name);
  }
}

}  // namespace sinter::testing
