#include <sinter/ops/conv_attrs.h>
#include <sinter/ops/cpu/channel_kernels.h>
#include <sinter/ops/cpu/channel_layout.h>
#include <sinter/ops/cpu/conv_kernels.h>
#include <sinter/ops/cpu/conv_shape.h>
#include <sinter/ops/cpu/dense.h>
#include <sinter/ops/cpu/onednn.h>

#include <algorithm>
#include <atomic>

namespace sinter::ops::cpu {

namespace {

std::atomic<std::int64_t> reorders{0};

// Sizes and strides of activations as 4-d: a missing height is 1.
struct Image {
  Dims sizes, strides;

  explicit Image(const TensorMeta& meta) : sizes(meta.sizes), strides(meta.strides) {
    if (sizes.size() == 4) return;
    sizes.insert(2, 1);
    strides.insert(2, strides.back());
  }
  bool is_channels_last() const {
    return strides_agree(sizes, strides, channels_last_strides(sizes));
  }
  std::int64_t numel() const { return sizes[0] * sizes[1] * sizes[2] * sizes[3]; }
};

// Activations in NHWC order, as elements of `dtype` (the tensor's own, or f32 for f16 and bf16).
class ImageInput {
 public:
  ImageInput(const TensorImpl& x, DType dtype) {
    const Image image(x.meta);
    const TensorMeta& meta = x.meta;
    data_ = x.data();
    if (!image.is_channels_last()) {
      reorders.fetch_add(1, std::memory_order_relaxed);
      moved_ = Workspace<char>(static_cast<std::int64_t>(meta.nbytes()));
      copy_strided(moved_.data(), channels_last_strides(image.sizes), data_, image.strides,
                   image.sizes, element_size(meta.dtype));
      data_ = moved_.data();
    }
    if (meta.dtype == dtype) return;
    converted_ = Workspace<char>(
        checked_mul("convolution", meta.numel, static_cast<std::int64_t>(element_size(dtype))));
    convert_all(data_, meta.dtype, converted_.data(), dtype, meta.numel);
    data_ = converted_.data();
  }
  const void* data() const { return data_; }

 private:
  const void* data_;
  Workspace<char> moved_, converted_;
};

// Where NHWC results go before they are rounded and put in the output's order.
class ImageOutput {
 public:
  ImageOutput(const Tensor& out, DType dtype)
      : out_(*out.impl()), image_(out_.meta), dtype_(dtype), data_(out_.data()) {
    if (dtype == out_.meta.dtype && image_.is_channels_last()) return;
    computed_ = Workspace<char>(checked_mul("convolution", out_.meta.numel,
                                            static_cast<std::int64_t>(element_size(dtype))));
    data_ = computed_.data();
  }
  void* data() const { return data_; }

  void commit() const {
    const TensorMeta& meta = out_.meta;
    if (data_ == out_.data()) return;
    const void* from = data_;
    Workspace<char> rounded;
    if (dtype_ != meta.dtype) {
      if (image_.is_channels_last()) {
        return convert_all(from, dtype_, out_.data(), meta.dtype, meta.numel);
      }
      rounded = Workspace<char>(static_cast<std::int64_t>(meta.nbytes()));
      convert_all(from, dtype_, rounded.data(), meta.dtype, meta.numel);
      from = rounded.data();
    }
    reorders.fetch_add(1, std::memory_order_relaxed);
    copy_strided(out_.data(), image_.strides, from, channels_last_strides(image_.sizes),
                 image_.sizes, element_size(meta.dtype));
  }

 private:
  TensorImpl& out_;
  Image image_;
  DType dtype_;
  void* data_;
  Workspace<char> computed_;
};

template <class Attrs>
ConvShape conv_shape(const Attrs& attrs, const TensorMeta& x, IntArrayRef weight,
                     const TensorMeta& y) {
  const Dims xs = Image(x).sizes, ys = Image(y).sizes;
  const bool planar = attrs.stride.size() == 2;
  const auto outer = [&](IntArrayRef values, std::int64_t otherwise) {
    return planar ? values[0] : otherwise;
  };
  const auto inner = [&](IntArrayRef values) { return values[planar ? 1 : 0]; };
  ConvShape s{};
  s.n = xs[0];
  s.c = xs[1];
  s.h = xs[2];
  s.w = xs[3];
  s.o = ys[1];
  s.oh = ys[2];
  s.ow = ys[3];
  s.kh = planar ? weight[2] : 1;
  s.kw = weight.back();
  s.stride_h = outer(attrs.stride, 1);
  s.stride_w = inner(attrs.stride);
  s.pad_top = outer(attrs.padding, 0);
  s.pad_left = inner(attrs.padding);
  s.dilation_h = outer(attrs.dilation, 1);
  s.dilation_w = inner(attrs.dilation);
  s.groups = attrs.groups;
  return s;
}

// The dtype that a convolution of elements of `dtype` computes with.
DType compute_dtype(DType dtype) {
  if (dtype == kFloat64) return kFloat64;
  return dtype == kBFloat16 && onednn::has_bfloat16() ? kBFloat16 : kFloat32;
}

// A weight as elements of the compute dtype: the tensor's memory where that is dense.
class WeightInput {
 public:
  WeightInput(const TensorImpl& w, DType dtype) {
    const bool planar = w.meta.dim() == 4;
    Dims strides = w.meta.strides;
    data_ = w.data();
    owner_ = w.storage.get();
    if (w.meta.dtype != dtype || !w.meta.non_overlapping_and_dense()) {
      strides = contiguous_strides(w.meta.sizes);
      owner_ = nullptr;
      data_ = converted(w, dtype, strides);
    }
    if (!planar) strides.insert(2, strides.back());
    strides_ = {strides[0], strides[1], strides[2], strides[3]};
  }
  onednn::Weight weight() const { return {data_, strides_, owner_}; }

 private:
  const void* converted(const TensorImpl& w, DType dtype, const Dims& strides) {
    if (dtype == kFloat64) {
      double_ = DenseInput<double>(w, strides);
      return double_.data();
    }
    if (dtype == kBFloat16) {
      moved_ = Workspace<char>(static_cast<std::int64_t>(w.meta.nbytes()));
      copy_strided(moved_.data(), strides, w.data(), w.meta.strides, w.meta.sizes, 2);
      return moved_.data();
    }
    float_ = DenseInput<float>(w, strides);
    return float_.data();
  }

  const void* data_;
  StorageImpl* owner_;
  std::array<std::int64_t, 4> strides_;
  DenseInput<float> float_;
  DenseInput<double> double_;
  Workspace<char> moved_;
};

// Elements of a tensor in row-major order as bytes of another dtype, or null.
class VectorInput {
 public:
  VectorInput(const Tensor& x, DType dtype) {
    if (!x.defined()) return;
    const TensorMeta& meta = x.impl()->meta;
    space_ = Workspace<char>(meta.numel * static_cast<std::int64_t>(element_size(dtype)));
    if (meta.numel > 0) {
      convert_fn(meta.dtype, dtype)(x.impl()->data(), meta.strides[0], space_.data(), 1,
                                    static_cast<std::size_t>(meta.numel));
    }
  }
  const void* data() const { return space_.data(); }
  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(space_.data());
  }

 private:
  Workspace<char> space_;
};

template <class T>
void add_to_channels(T* y, const T* bias, std::int64_t pixels, std::int64_t channels) {
  if (bias == nullptr) return;
  parallel_for(0, pixels, (1 << 14) / std::max<std::int64_t>(channels, 1) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t p = begin; p < end; ++p) {
                   for (std::int64_t c = 0; c < channels; ++c) y[p * channels + c] += bias[c];
                 }
               });
}

template <class T>
void relu_in_place(T* y, std::int64_t count) {
  parallel_for(0, count, 1 << 15, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) y[i] = y[i] < 0 ? 0 : y[i];
  });
}

void forward_by_gemm(const KernelContext& c, const ConvShape& s, DType dtype) {
  const ImageInput x(*c.in[0].impl(), dtype);
  const ImageOutput y(c.out[0], dtype);
  visit_compute(dtype, [&]<class T>() {
    const DenseInput<T> weight(*c.in[1].impl());
    const DenseInput<T> bias = optional_input<T>(c.in[2]);
    gemm_convolution<T>(s, static_cast<const T*>(x.data()), weight.data(), bias.data(),
                        static_cast<T*>(y.data()));
    if (c.attrs<ConvAttrs>().relu)
      relu_in_place(static_cast<T*>(y.data()), s.n * s.o * s.oh * s.ow);
  });
  y.commit();
}

void data_by_gemm(const KernelContext& c, const ConvShape& s, DType dtype) {
  const ImageInput dy(*c.in[0].impl(), dtype);
  const ImageOutput dx(c.out[0], dtype);
  visit_compute(dtype, [&]<class T>() {
    const DenseInput<T> weight(*c.in[1].impl());
    const DenseInput<T> bias = optional_input<T>(c.in[2]);
    gemm_convolution_data<T>(s, static_cast<const T*>(dy.data()), weight.data(), bias.data(),
                             static_cast<T*>(dx.data()));
  });
  dx.commit();
}

std::array<std::int64_t, 4> row_major(const ConvShape& s) {
  return {s.group_inputs() * s.taps(), s.taps(), s.kw, 1};
}

}  // namespace

std::int64_t activation_reorders() { return reorders.load(std::memory_order_relaxed); }

void convolution(const KernelContext& c) {
  if (c.out[0].numel() == 0) return;
  const TensorMeta& meta = c.in.meta(0);
  const ConvShape s =
      conv_shape(c.attrs<ConvAttrs>(), meta, c.in.meta(1).sizes, c.out[0].impl()->meta);
  const DType compute = compute_dtype(meta.dtype);
  if (compute == kFloat64) return forward_by_gemm(c, s, compute);
  const WeightInput weight(*c.in[1].impl(), compute);
  const onednn::Convolution conv{onednn::Pass::forward, s, compute, c.in.defined(2),
                                 c.attrs<ConvAttrs>().relu};
  const onednn::PlanPtr plan = onednn::plan(conv, weight.weight().strides);
  if (plan == nullptr) return forward_by_gemm(c, s, kFloat32);
  const ImageInput x(*c.in[0].impl(), compute);
  const VectorInput bias(c.in[2], compute);
  const ImageOutput y(c.out[0], compute);
  onednn::forward(plan, x.data(), weight.weight(), bias.data(), y.data());
  y.commit();
}

void conv_transpose(const KernelContext& c) {
  if (c.out[0].numel() == 0) return;
  const TensorMeta& meta = c.in.meta(0);
  const ConvShape s =
      conv_shape(c.attrs<ConvTransposeAttrs>(), c.out[0].impl()->meta, c.in.meta(1).sizes, meta);
  // A bias is added in f32, before rounding.
  const DType own = compute_dtype(meta.dtype);
  const DType compute = own == kBFloat16 && c.in.defined(2) ? kFloat32 : own;
  if (compute == kFloat64) return data_by_gemm(c, s, compute);
  const WeightInput weight(*c.in[1].impl(), compute);
  const onednn::Convolution conv{onednn::Pass::data, s, compute};
  const onednn::PlanPtr plan = onednn::plan(conv, weight.weight().strides);
  if (plan == nullptr) return data_by_gemm(c, s, kFloat32);
  const ImageInput dy(*c.in[0].impl(), compute);
  const ImageOutput dx(c.out[0], compute);
  onednn::data(plan, dy.data(), weight.weight(), dx.data());
  const VectorInput bias(c.in[2], kFloat32);
  if (c.in.defined(2)) {
    add_to_channels(static_cast<float*>(dx.data()), bias.as<float>(), s.n * s.h * s.w, s.c);
  }
  dx.commit();
}

void convolution_backward_weight(const KernelContext& c) {
  const auto& attrs = c.attrs<ConvWeightAttrs>();
  const TensorMeta& meta = c.in.meta(0);
  TensorImpl& out = *c.out[0].impl();
  if (out.meta.numel == 0) return;
  const ConvShape s = conv_shape(attrs, meta, attrs.weight, c.in.meta(1));
  const DType compute = compute_dtype(meta.dtype);
  const onednn::Convolution conv{onednn::Pass::weight, s, compute};
  const onednn::PlanPtr plan = compute == kFloat64 ? nullptr : onednn::plan(conv, row_major(s));
  const DType dtype = plan != nullptr || compute == kFloat64 ? compute : kFloat32;
  const ImageInput x(*c.in[0].impl(), dtype), dy(*c.in[1].impl(), dtype);
  if (dtype == kBFloat16) return onednn::weight(plan, x.data(), dy.data(), out.data());
  visit_compute(dtype, [&]<class T>() {
    const DenseOutput<T> dweight(c.out[0]);
    if (plan != nullptr) {
      onednn::weight(plan, x.data(), dy.data(), dweight.data());
    } else {
      gemm_convolution_weight<T>(s, static_cast<const T*>(x.data()),
                                 static_cast<const T*>(dy.data()), dweight.data());
    }
    dweight.commit();
  });
}

void convolution_backward_bias(const KernelContext& c) {
  const TensorMeta& meta = c.in.meta(0);
  const Dims strides = channel_strides(meta);
  visit_compute(meta.dtype, [&]<class T>() {
    const DenseInput<T> dy(*c.in[0].impl(), strides);
    const DenseOutput<T> out(c.out[0]);
    channel_sums(channels_of(meta.sizes, strides), dy.data(), out.data());
    out.commit();
  });
}

}  // namespace sinter::ops::cpu
