#include <sinter/core/host_elements_internal.h>
#include <sinter/core/print.h>
#include <sinter/core/print_matrix_internal.h>

#include <cstdio>
#include <mutex>
#include <ostream>

namespace sinter {

namespace {

constinit std::mutex options_mutex;
constinit PrintOptions current_options;

std::string type_name(const Tensor& tensor) {
  return str(tensor.is_cuda() ? "CUDA" : "CPU", cpp_name(tensor.dtype()), "Type");
}

std::string zero_dim_text(const Scalar& value) {
  return (value.is_floating_point() ? detail::shortest_text(value.to_double())
                                    : std::to_string(value.to_int())) +
         "\n";
}

// Prints the matrices of a tensor of 3 or more dimensions, the first dimension running fastest.
class SlicePrinter {
 public:
  SlicePrinter(const detail::PrintSource& source, const PrintOptions& how, bool summarise)
      : source_(source), how_(how), summarise_(summarise) {
    for (std::size_t d = 0; d + 2 < source.meta->dim(); ++d) {
      shown_.push_back(detail::shown_indices(source.meta->sizes[d], how, summarise));
    }
    position_.assign(shown_.size(), 0);
  }

  std::string print() {
    std::string out;
    std::int64_t slices = 0;
    bool more = true;
    for (; more; more = advance()) {
      if (summarise_ && slices > how_.threshold) break;
      if (add_slice(out)) ++slices;
    }
    if (more) out += "...\n\n";
    out.pop_back();
    return out;
  }

 private:
  // Adds the current matrix; false for one that is left out.
  bool add_slice(std::string& out) {
    std::string title = "(";
    std::int64_t offset = 0;
    for (std::size_t d = 0; d < shown_.size(); ++d) {
      const std::int64_t index = shown_[d][position_[d]];
      if (index == detail::kGap) {
        if (!out.ends_with("...\n\n")) out += "...\n\n";
        return false;
      }
      offset += index * source_.meta->strides[d];
      title += std::to_string(index + 1) + ",";
    }
    detail::MatrixView matrix{&source_, offset, source_.meta->dim() - 2, 1};
    out += title + ".,.) = \n" + print_matrix(matrix, how_, summarise_) + "\n";
    return true;
  }

  bool advance() {
    for (std::size_t d = 0; d < position_.size(); ++d) {
      if (++position_[d] < shown_[d].size()) return true;
      position_[d] = 0;
    }
    return false;
  }

  const detail::PrintSource& source_;
  const PrintOptions& how_;
  bool summarise_;
  std::vector<std::vector<std::int64_t>> shown_;
  std::vector<std::size_t> position_;
};

std::string elements_text(const Tensor& tensor) {
  if (tensor.numel() == 0) return "";
  const detail::HostElements elements(tensor);
  const detail::PrintSource source{elements.data(), &tensor.impl()->meta};
  if (tensor.dim() == 0) return zero_dim_text(source.at(0));
  const PrintOptions how = get_print_options();
  const bool summarise = tensor.numel() > how.threshold;
  if (tensor.dim() <= 2) return detail::print_matrix({&source, 0, 0, 0}, how, summarise);
  return SlicePrinter(source, how, summarise).print();
}

std::string sizes_text(IntArrayRef sizes) {
  std::string out = "{";
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (i != 0) out += ",";
    out += std::to_string(sizes[i]);
  }
  return out + "}";
}

}  // namespace

PrintOptions get_print_options() {
  const std::lock_guard lock(options_mutex);
  return current_options;
}

void set_print_options(const PrintOptions& options) {
  SINTER_CHECK_AS(ValueError, options.precision >= 0 && options.precision <= kMaxPrintPrecision,
                  "[set_print_options] precision must be 0 to ", kMaxPrintPrecision, "; got ",
                  options.precision);
  SINTER_CHECK_AS(ValueError, options.threshold >= 0,
                  "[set_print_options] threshold must not be negative; got ", options.threshold);
  SINTER_CHECK_AS(ValueError, options.edge_items >= 0,
                  "[set_print_options] edge_items must not be negative; got ", options.edge_items);
  SINTER_CHECK_AS(ValueError, options.line_width >= 1,
                  "[set_print_options] line_width must be at least 1; got ", options.line_width);
  const std::lock_guard lock(options_mutex);
  current_options = options;
}

std::string Tensor::str() const {
  if (!defined()) return "[ Tensor (undefined) ]";
  if (impl_->fake()) return sinter::str("[ fake ", type_name(*this), sizes_text(sizes()), " ]");
  return sinter::str(elements_text(*this), "[ ", type_name(*this), sizes_text(sizes()), " ]");
}

std::string Tensor::toString() const { return defined() ? type_name(*this) : "UndefinedType"; }

void Tensor::print() const {
  const std::string text =
      defined() ? sinter::str("[", toString(), " ", sizes(), "]") : "[UndefinedTensor]";
  std::fprintf(stderr, "%s\n", text.c_str());
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << tensor.str(); }
std::ostream& operator<<(std::ostream& out, DType dtype) { return out << cpp_name(dtype); }
std::ostream& operator<<(std::ostream& out, const Device& device) { return out << device.str(); }
std::ostream& operator<<(std::ostream& out, const Scalar& scalar) { return out << str(scalar); }
std::ostream& operator<<(std::ostream& out, IntArrayRef sizes) { return out << str(sizes); }

}  // namespace sinter
