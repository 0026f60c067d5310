#include <sinter/core/parallel.h>
#include <sinter/core/strided_copy.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/cpu/optimizer_kernels.h>
#include <sinter/ops/cpu/optimizer_loops.h>
#include <sinter/ops/optimizer_attrs.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kGrain = 16384;
constexpr std::size_t kTile = 512;

// The arrays of one update (a parameter, its gradient, its state), lying alike in dense memory.
// Where they do not, the update runs on contiguous copies, which finish() writes back.
template <std::size_t N>
class Arrays {
 public:
  explicit Arrays(const KernelContext& c) {
    for (std::size_t k = 0; k < N; ++k) {
      if (c.in.defined(k)) tensors_[k] = c.in[k].impl();
    }
    const TensorMeta& first = tensors_[0]->meta;
    const bool direct =
        all_of_them([](const TensorMeta& meta) { return meta.contiguous; }) ||
        (first.non_overlapping_and_dense() &&
         all_of_them([&](const TensorMeta& meta) { return meta.strides == first.strides; }));
    for (std::size_t k = 0; k < N; ++k) {
      if (tensors_[k] == nullptr) continue;
      if (!direct) copies_[k] = contiguous_copy(*tensors_[k]);
      data[k] = copies_[k].defined() ? copies_[k].impl()->data() : tensors_[k]->data();
    }
  }

  void finish() const {
    for (std::size_t k = 0; k < N; ++k) {
      if (k == 1 || !copies_[k].defined()) continue;
      const TensorImpl& to = *tensors_[k];
      const TensorMeta& from = copies_[k].impl()->meta;
      copy_strided(to.data(), to.meta.strides, copies_[k].impl()->data(), from.strides, from.sizes,
                   element_size(from.dtype));
    }
  }

  std::int64_t numel() const { return tensors_[0]->meta.numel; }
  DType dtype() const { return tensors_[0]->meta.dtype; }

  std::array<char*, N> data{};

 private:
  template <class F>
  bool all_of_them(F&& holds) const {
    return std::all_of(tensors_.begin(), tensors_.end(), [&](const TensorImpl* tensor) {
      return tensor == nullptr || holds(tensor->meta);
    });
  }
  static Tensor contiguous_copy(const TensorImpl& from) {
    Tensor copy = empty_tensor("optimizer", from.meta.sizes, from.meta.dtype);
    copy_strided(copy.impl()->data(), copy.impl()->meta.strides, from.data(), from.meta.strides,
                 from.meta.sizes, element_size(from.meta.dtype));
    return copy;
  }

  std::array<TensorImpl*, N> tensors_{};
  std::array<Tensor, N> copies_;
};

template <class T, std::size_t N, class Loop, class Numbers>
void run_native(const Arrays<N>& arrays, Loop loop, const Numbers& numbers) {
  parallel_for(0, arrays.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    std::array<T*, N> at{};
    for (std::size_t k = 0; k < N; ++k) {
      if (arrays.data[k] != nullptr) at[k] = reinterpret_cast<T*>(arrays.data[k]) + begin;
    }
    loop(at.data(), static_cast<std::size_t>(end - begin), numbers);
  });
}

// f16 and bf16: tiles are widened to float, updated, and rounded once.
template <std::size_t N, class Loop, class Numbers>
void run_widened(const Arrays<N>& arrays, Loop loop, const Numbers& numbers) {
  const ConvertFn widen = convert_fn(arrays.dtype(), kFloat32);
  const ConvertFn narrow = convert_fn(kFloat32, arrays.dtype());
  const auto bytes = static_cast<std::int64_t>(element_size(arrays.dtype()));
  parallel_for(0, arrays.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    float tiles[N][kTile];
    for (std::int64_t b = begin; b < end; b += static_cast<std::int64_t>(kTile)) {
      const std::size_t n = std::min(kTile, static_cast<std::size_t>(end - b));
      std::array<float*, N> at{};
      for (std::size_t k = 0; k < N; ++k) {
        if (arrays.data[k] == nullptr) continue;
        widen(arrays.data[k] + b * bytes, 1, tiles[k], 1, n);
        at[k] = tiles[k];
      }
      loop(at.data(), n, numbers);
      for (std::size_t k = 0; k < N; ++k) {
        if (k != 1 && at[k] != nullptr) narrow(tiles[k], 1, arrays.data[k] + b * bytes, 1, n);
      }
    }
  });
}

template <std::size_t N, class Numbers>
void run(const Arrays<N>& arrays, const Numbers& numbers, auto f32_loop, auto f64_loop) {
  if (arrays.dtype() == kFloat64) {
    run_native<double>(arrays, f64_loop, numbers);
  } else if (arrays.dtype() == kFloat32) {
    run_native<float>(arrays, f32_loop, numbers);
  } else {
    run_widened(arrays, f32_loop, numbers);
  }
  arrays.finish();
}

}  // namespace

void sgd_update(const KernelContext& c) {
  const auto& attrs = c.attrs<SgdAttrs>();
  const SgdNumbers numbers{*c.in_data<double>(3), attrs.momentum, 1 - attrs.dampening,
                           attrs.weight_decay,    attrs.nesterov, attrs.first};
  const OptimizerLoops& loops = optimizer_loops();
  run(Arrays<kSgdArrays>(c), numbers, loops.sgd_f32, loops.sgd_f64);
}

AdamNumbers adam_numbers(const AdamAttrs& attrs, std::int64_t& step, double lr) {
  SINTER_CHECK_AS(
      ValueError, step >= 0 && step < std::numeric_limits<std::int64_t>::max(),
      "[adam_update] the step must be the number of updates so far, at least 0 and less "
      "than 2^63 - 1; got ",
      step);
  step += 1;
  const auto t = static_cast<double>(step);
  return {
      .shrink = attrs.decoupled ? 1 - lr * attrs.weight_decay : 1,
      .weight_decay = attrs.decoupled ? 0 : attrs.weight_decay,
      .one_minus_beta1 = 1 - attrs.beta1,
      .beta2 = attrs.beta2,
      .one_minus_beta2 = 1 - attrs.beta2,
      .root_correction2 = std::sqrt(1 - std::pow(attrs.beta2, t)),
      .eps = attrs.eps,
      .step_size = lr / (1 - std::pow(attrs.beta1, t)),
  };
}

void adam_update(const KernelContext& c) {
  const AdamNumbers numbers =
      adam_numbers(c.attrs<AdamAttrs>(), *const_cast<std::int64_t*>(c.in_data<std::int64_t>(5)),
                   *c.in_data<double>(6));
  const OptimizerLoops& loops = optimizer_loops();
  run(Arrays<kAdamArrays>(c), numbers, loops.adam_f32, loops.adam_f64);
}

}  // namespace sinter::ops::cpu
