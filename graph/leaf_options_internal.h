// Options of layers as named values: one list of fields for each struct serves for reading and
// writing.
#pragma once
#include <sinter/core/error.h>
#include <sinter/graph/code_text_internal.h>
#include <sinter/graph/leaf_classes.h>
#include <sinter/nn/layers.h>

#include <algorithm>
#include <optional>
#include <type_traits>

namespace sinter::graph {

// --- The fields, in the order of the structs, those of the constructor first.

template <class V, std::size_t D>
void visit(V& v, nn::ConvOptions<D>& o) {
  v("in_channels", o.in_channels());
  v("out_channels", o.out_channels());
  v("kernel_size", o.kernel_size());
  v("stride", o.stride());
  v("padding", o.padding());
  v("dilation", o.dilation());
  v("groups", o.groups());
  v("bias", o.bias());
  v("padding_mode", o.padding_mode());
}
template <class V, std::size_t D>
void visit(V& v, nn::ConvTransposeOptions<D>& o) {
  v("in_channels", o.in_channels());
  v("out_channels", o.out_channels());
  v("kernel_size", o.kernel_size());
  v("stride", o.stride());
  v("padding", o.padding());
  v("output_padding", o.output_padding());
  v("groups", o.groups());
  v("bias", o.bias());
  v("dilation", o.dilation());
  v("padding_mode", o.padding_mode());
}
template <class V>
void visit(V& v, nn::LinearOptions& o) {
  v("in_features", o.in_features());
  v("out_features", o.out_features());
  v("bias", o.bias());
}
template <class V>
void visit(V& v, nn::FlattenOptions& o) {
  v("start_dim", o.start_dim());
  v("end_dim", o.end_dim());
}
template <class V>
void visit(V& v, nn::UnflattenOptions& o) {
  v("dim", o.dim());
  v("sizes", o.sizes());
}
// max_norm writes the table, and _weight is found among the parameters.
template <class V>
void visit(V& v, nn::EmbeddingOptions& o) {
  v("num_embeddings", o.num_embeddings());
  v("embedding_dim", o.embedding_dim());
  v("padding_idx", o.padding_idx());
  v("max_norm", o.max_norm());
  v("norm_type", o.norm_type());
}
template <class V>
void visit(V& v, nn::BatchNormOptions& o) {
  v("num_features", o.num_features());
  v("eps", o.eps());
  v("momentum", o.momentum());
  v("affine", o.affine());
  v("track_running_stats", o.track_running_stats());
}
template <class V>
void visit(V& v, nn::LayerNormOptions& o) {
  v("normalized_shape", o.normalized_shape());
  v("eps", o.eps());
  v("elementwise_affine", o.elementwise_affine());
}
template <class V>
void visit(V& v, nn::GroupNormOptions& o) {
  v("num_groups", o.num_groups());
  v("num_channels", o.num_channels());
  v("eps", o.eps());
  v("affine", o.affine());
}
template <class V>
void visit(V& v, nn::DropoutOptions& o) {
  v("p", o.p());
  v("inplace", o.inplace());
}
template <class V, std::size_t D>
void visit(V& v, nn::MaxPoolOptions<D>& o) {
  v("kernel_size", o.kernel_size());
  if (V::writes) o.stride() = o.kernel_size();
  v("stride", o.stride());
  v("padding", o.padding());
  v("dilation", o.dilation());
  v("ceil_mode", o.ceil_mode());
}
template <class V, std::size_t D>
void visit(V& v, nn::AvgPoolOptions<D>& o) {
  v("kernel_size", o.kernel_size());
  if (V::writes) o.stride() = o.kernel_size();
  v("stride", o.stride());
  v("padding", o.padding());
  v("ceil_mode", o.ceil_mode());
  v("count_include_pad", o.count_include_pad());
  v("divisor_override", o.divisor_override());
}
template <class V, std::size_t D>
void visit(V& v, nn::AdaptiveAvgPoolOptions<D>& o) {
  v("output_size", o.output_size());
}
template <class V>
void visit(V& v, nn::LeakyReLUOptions& o) {
  v("negative_slope", o.negative_slope());
  v("inplace", o.inplace());
}
template <class V>
void visit(V& v, nn::ELUOptions& o) {
  v("alpha", o.alpha());
  v("inplace", o.inplace());
}
template <class V>
void visit(V& v, nn::GELUOptions& o) {
  v("approximate", o.approximate());
}
template <class V>
void visit(V& v, nn::SoftplusOptions& o) {
  v("beta", o.beta());
  v("threshold", o.threshold());
}
template <class V>
void visit(V& v, nn::HardtanhOptions& o) {
  v("min_val", o.min_val());
  v("max_val", o.max_val());
  v("inplace", o.inplace());
}
template <class T>
concept HasDimOnly =
    std::is_same_v<T, nn::SoftmaxOptions> || std::is_same_v<T, nn::LogSoftmaxOptions>;
template <class V, HasDimOnly O>
void visit(V& v, O& o) {
  v("dim", o.dim());
}
template <class T>
concept HasInplaceOnly = std::is_same_v<T, nn::ReLUOptions> ||
    std::is_same_v<T, nn::ReLU6Options> || std::is_same_v<T, nn::SELUOptions> ||
    std::is_same_v<T, nn::HardsigmoidOptions> || std::is_same_v<T, nn::HardswishOptions>;
template <class V, HasInplaceOnly O>
void visit(V& v, O& o) {
  v("inplace", o.inplace());
}

// --- Values of fields.

using IntList = std::vector<std::int64_t>;

template <class T>
ops::AttrValue option_value(const T& value) {
  return ops::to_attr_value(value);
}
template <std::size_t D>
ops::AttrValue option_value(const ExpandingArray<D>& value) {
  return IntList(value->begin(), value->end());
}
// A size left out is -1.
template <std::size_t D>
ops::AttrValue option_value(const ExpandingArrayWithOptionalElem<D>& value) {
  IntList out;
  for (const auto& element : *value) out.push_back(element.value_or(-1));
  return out;
}
template <std::size_t D>
ops::AttrValue option_value(const nn::ConvPadding<D>& value) {
  if (value.kind() == nn::ConvPadding<D>::Kind::same) return std::string("kSame");
  if (value.kind() == nn::ConvPadding<D>::Kind::valid) return std::string("kValid");
  return option_value(value.numbers());
}
template <class... Names>
ops::AttrValue option_value(const OneOf<Names...>& value) {
  return std::string(value.text());
}

template <class T>
void set_option(T& to, const ops::AttrValue& value) {
  to = ops::from_attr_value<T>(value);
}
inline void set_option(IntList& to, const ops::AttrValue& value) { to = std::get<IntList>(value); }
template <std::size_t D>
void set_option(ExpandingArray<D>& to, const ops::AttrValue& value) {
  to = ExpandingArray<D>(std::get<IntList>(value));
}
template <std::size_t D>
void set_option(ExpandingArrayWithOptionalElem<D>& to, const ops::AttrValue& value) {
  std::vector<std::optional<std::int64_t>> elements;
  for (const std::int64_t element : std::get<IntList>(value)) {
    elements.push_back(element == -1 ? std::nullopt : std::optional(element));
  }
  SINTER_CHECK_AS(ValueError, elements.size() == D, "[leaf_options] expected ", D, " values; got ",
                  elements.size());
  std::copy(elements.begin(), elements.end(), to->begin());
}
template <std::size_t D>
void set_option(nn::ConvPadding<D>& to, const ops::AttrValue& value) {
  const auto* word = std::get_if<std::string>(&value);
  if (word == nullptr) {
    to = std::get<IntList>(value);
  } else if (*word == "kSame") {
    to = kSame;
  } else {
    SINTER_CHECK_AS(ValueError, *word == "kValid",
                    "[leaf_options] padding is a list, kSame or kValid; got ", *word);
    to = kValid;
  }
}
template <class... Names>
void set_option(OneOf<Names...>& to, const ops::AttrValue& value) {
  const auto& word = std::get<std::string>(value);
  bool found = false;
  ((word == Names::text ? (to = Names{}, found = true) : false), ...);
  SINTER_CHECK_AS(ValueError, found, "[leaf_options] there is no such choice; got ", word);
}

// Choices are names, other texts are quoted.
template <class T>
std::string option_code(const T& value) {
  return code_text(option_value(value));
}
template <std::size_t D>
std::string option_code(const ExpandingArrayWithOptionalElem<D>& value) {
  std::string out;
  for (const auto& element : *value) {
    out += out.empty() ? "" : ", ";
    out += element ? std::to_string(*element) : "std::nullopt";
  }
  return "{" + out + "}";
}
template <std::size_t D>
std::string option_code(const nn::ConvPadding<D>& value) {
  if (value.kind() == nn::ConvPadding<D>::Kind::numbers) return option_code(value.numbers());
  return "sinter::" + std::get<std::string>(option_value(value));
}
template <class... Names>
std::string option_code(const OneOf<Names...>& value) {
  return str("sinter::", value.text());
}

// --- Visitors.

struct OptionReader {
  static constexpr bool writes = false;
  LeafOptions out = {};
  template <class T>
  void operator()(const char* name, const T& value) {
    out.push_back({name, option_value(value), option_code(value)});
  }
};

struct OptionWriter {
  static constexpr bool writes = true;
  const LeafOptions& in;
  std::vector<std::string> known = {};
  template <class T>
  void operator()(const char* name, T& value) {
    known.emplace_back(name);
    for (const LeafOption& option : in) {
      if (option.name == name) set_option(value, option.value);
    }
  }
};

template <class O>
void write_options(O& options, const LeafOptions& values) {
  OptionWriter writer{values};
  try {
    visit(writer, options);
  } catch (const std::bad_variant_access&) {
    fail<TypeError>("[leaf_options] a value has the wrong kind; got it among ", values.size());
  }
  for (const LeafOption& value : values) {
    const bool known =
        std::find(writer.known.begin(), writer.known.end(), value.name) != writer.known.end();
    SINTER_CHECK_AS(ValueError, known, "[leaf_options] there is no such option; got \"", value.name,
                    "\"");
  }
}

}  // namespace sinter::graph
