#include <sinter/autograd/autograd.h>
#include <sinter/autograd/grad_mode.h>
#include <sinter/autograd/gradcheck.h>
#include <sinter/core/random.h>
#include <sinter/core/tensor_factory.h>

#include <algorithm>
#include <cmath>

namespace sinter::autograd {

namespace {

using Numbers = std::vector<double>;

Numbers numbers_of(const Tensor& tensor) {
  const Tensor flat = tensor.detach().contiguous();
  const double* data = flat.data_ptr<double>();
  return {data, data + flat.numel()};
}

Tensor tensor_of(const Numbers& numbers, IntArrayRef sizes) {
  Tensor out = empty_tensor("gradcheck", sizes, kFloat64);
  std::copy(numbers.begin(), numbers.end(), out.data_ptr<double>());
  return out;
}

// Numbers in (-1, 1), the same for the same key.
Tensor random_tensor(IntArrayRef sizes, std::uint32_t key) {
  Tensor out = empty_tensor("gradcheck", sizes, kFloat64);
  double* data = out.data_ptr<double>();
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    const auto bits = philox4x32({static_cast<std::uint32_t>(i), 0, 0, 0}, {key, 7});
    data[i] = static_cast<double>(bits[0]) / 2147483648.0 - 1 + 0x1p-33;
  }
  return out;
}

// The same numbers, every other double of their memory.
Tensor spread(const Tensor& tensor) {
  Dims sizes(tensor.sizes());
  sizes.push_back(2);
  Tensor wide = empty_tensor("gradcheck", sizes, kFloat64);
  wide.zero_();
  Tensor out = wide.select(-1, 1);
  out.copy_(tensor);
  return out;
}

class Checker {
 public:
  Checker(const char* op, const GradcheckFn& fn, const variable_list& inputs,
          const GradcheckOptions& options)
      : op_(op), fn_(fn), inputs_(inputs), options_(options) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].defined() || !inputs[i].requires_grad()) continue;
      SINTER_CHECK_AS(ValueError, inputs[i].dtype() == kFloat64, "[", op_, "] input ", i,
                      " must be f64 to be compared with finite differences; got ",
                      inputs[i].dtype());
      checked_.push_back(i);
      checked_inputs_.push_back(inputs[i]);
    }
    SINTER_CHECK_AS(ValueError, !checked_.empty(), "[", op_,
                    "] at least one input must require grad; got none");
  }

  void run() {
    outputs_ = differentiable(fn_(inputs_));
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      SINTER_CHECK_AS(ValueError, outputs_[o].dtype() == kFloat64, "[", op_, "] output ", o,
                      " must be f64; got ", outputs_[o].dtype());
    }
    analytical_.resize(outputs_.size());
    for (std::size_t o = 0; o < outputs_.size(); ++o) differentiate(o);
    for (std::size_t k = 0; k < checked_.size(); ++k) compare_input(k);
    check_determinism();
    if (options_.check_grad_layout) check_layout();
    if (options_.check_undefined_grad && outputs_.size() > 1) check_undefined();
  }

 private:
  static variable_list differentiable(const variable_list& outputs) {
    variable_list out;
    for (const Tensor& tensor : outputs) {
      if (tensor.defined() && tensor.is_floating_point()) out.push_back(tensor);
    }
    return out;
  }

  // Gradients of the checked inputs, zeros where there are none. An undefined grad leaves its
  // output out.
  std::vector<Numbers> gradients(const variable_list& grads) {
    variable_list roots;
    variable_list root_grads;
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      if (!grads[o].defined() || !outputs_[o].requires_grad()) continue;
      roots.push_back(outputs_[o]);
      root_grads.push_back(grads[o]);
    }
    variable_list found(checked_.size());
    if (!roots.empty()) found = grad(roots, checked_inputs_, root_grads, true, false, true);
    std::vector<Numbers> out;
    for (std::size_t k = 0; k < checked_.size(); ++k) {
      out.push_back(found[k].defined()
                        ? numbers_of(found[k])
                        : Numbers(static_cast<std::size_t>(checked_inputs_[k].numel()), 0.0));
    }
    return out;
  }

  // Row e of analytical_[o]: gradients of element e of output o.
  void differentiate(std::size_t o) {
    const auto count = static_cast<std::size_t>(outputs_[o].numel());
    for (std::size_t e = 0; e < count; ++e) {
      Numbers unit(count, 0.0);
      unit[e] = 1;
      variable_list grads(outputs_.size());
      grads[o] = tensor_of(unit, outputs_[o].sizes());
      analytical_[o].push_back(gradients(grads));
    }
  }

  std::vector<Numbers> values_with(std::size_t k, std::size_t element, double step) {
    variable_list inputs = inputs_;
    Numbers numbers = numbers_of(inputs_[checked_[k]]);
    numbers[element] += step;
    inputs[checked_[k]] = tensor_of(numbers, inputs_[checked_[k]].sizes());
    for (const std::size_t i : checked_) {
      if (i != checked_[k]) inputs[i] = inputs[i].detach();
      inputs[i].set_requires_grad(true);
    }
    const NoGradGuard no_grad;
    const variable_list outputs = differentiable(fn_(inputs));
    SINTER_CHECK(outputs.size() == outputs_.size(), "[", op_,
                 "] the function must always return as many outputs; got ", outputs.size(), " and ",
                 outputs_.size());
    std::vector<Numbers> out;
    for (const Tensor& output : outputs) out.push_back(numbers_of(output));
    return out;
  }

  void compare_input(std::size_t k) {
    const auto count = static_cast<std::size_t>(checked_inputs_[k].numel());
    for (std::size_t e = 0; e < count; ++e) {
      const auto above = values_with(k, e, options_.eps);
      const auto below = values_with(k, e, -options_.eps);
      for (std::size_t o = 0; o < outputs_.size(); ++o) {
        for (std::size_t r = 0; r < above[o].size(); ++r) {
          const double numerical = (above[o][r] - below[o][r]) / (2 * options_.eps);
          compare(numerical, analytical_[o][r][k][e], {o, r, k, e});
        }
      }
    }
  }

  struct Where {
    std::size_t output, output_element, input, input_element;
  };
  void compare(double numerical, double analytical, const Where& at) {
    const double allowed = options_.atol + options_.rtol * std::abs(numerical);
    if (std::abs(numerical - analytical) <= allowed) return;
    fail("[", op_, "] the gradient of output ", at.output, ", element ", at.output_element,
         ", with respect to input ", checked_[at.input], ", element ", at.input_element,
         ", differs: numerical ", numerical, ", analytical ", analytical, ", allowed difference ",
         allowed);
  }

  variable_list random_grads() const {
    variable_list out;
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      out.push_back(random_tensor(outputs_[o].sizes(), static_cast<std::uint32_t>(o)));
    }
    return out;
  }

  void compare_gradients(const std::vector<Numbers>& a, const std::vector<Numbers>& b,
                         double relative, const char* what) {
    for (std::size_t k = 0; k < a.size(); ++k) {
      for (std::size_t e = 0; e < a[k].size(); ++e) {
        const double allowed = relative * std::max(1.0, std::abs(a[k][e]));
        if (std::abs(a[k][e] - b[k][e]) <= allowed ||
            (std::isnan(a[k][e]) && std::isnan(b[k][e]))) {
          continue;
        }
        fail("[", op_, "] the gradient with respect to input ", checked_[k], ", element ", e,
             ", differs ", what, ": ", a[k][e], " and ", b[k][e]);
      }
    }
  }

  void check_determinism() {
    const variable_list grads = random_grads();
    compare_gradients(gradients(grads), gradients(grads), options_.nondet_tol,
                      "from one backward pass to the next");
  }

  void check_layout() {
    const variable_list grads = random_grads();
    variable_list strided;
    for (const Tensor& grad_output : grads) strided.push_back(spread(grad_output));
    compare_gradients(gradients(grads), gradients(strided), 1e-10,
                      "when the gradient of the output is not contiguous");
  }

  void check_undefined() {
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      variable_list grads = random_grads();
      grads[o].zero_();
      const auto zero = gradients(grads);
      grads[o].reset();
      compare_gradients(zero, gradients(grads), 1e-10,
                        "when the gradient of an output is zero and when it is undefined");
    }
  }

  const char* op_;
  const GradcheckFn& fn_;
  const variable_list& inputs_;
  const GradcheckOptions& options_;
  std::vector<std::size_t> checked_;
  variable_list checked_inputs_;
  variable_list outputs_;
  std::vector<std::vector<std::vector<Numbers>>> analytical_;  // [output][element][input][element]
};

bool check(const char* op, const GradcheckFn& fn, const variable_list& inputs,
           const GradcheckOptions& options) {
  if (options.raise_exception) {
    Checker(op, fn, inputs, options).run();
    return true;
  }
  try {
    Checker(op, fn, inputs, options).run();
  } catch (const Error&) {
    return false;
  }
  return true;
}

variable_list requiring_grad(const variable_list& tensors) {
  variable_list out;
  for (const Tensor& tensor : tensors) {
    if (tensor.defined() && tensor.requires_grad()) out.push_back(tensor);
  }
  return out;
}

}  // namespace

bool gradcheck(const GradcheckFn& fn, const variable_list& inputs,
               const GradcheckOptions& options) {
  return check("gradcheck", fn, inputs, options);
}

bool gradgradcheck(const GradcheckFn& fn, const variable_list& inputs,
                   const variable_list& grad_outputs, const GradcheckOptions& options) {
  variable_list all = inputs;
  if (grad_outputs.empty()) {
    std::uint32_t key = 100;
    for (const Tensor& output : requiring_grad(fn(inputs))) {
      all.push_back(random_tensor(output.sizes(), key++).set_requires_grad(true));
    }
  } else {
    all.insert(all.end(), grad_outputs.begin(), grad_outputs.end());
  }
  const auto first_grad = static_cast<std::ptrdiff_t>(inputs.size());
  const GradcheckFn gradients = [&](const variable_list& args) {
    const EnableGradGuard recorded;
    const variable_list in(args.begin(), args.begin() + first_grad);
    const variable_list grads(args.begin() + first_grad, args.end());
    const variable_list found =
        grad(requiring_grad(fn(in)), requiring_grad(in), grads, true, true, true);
    variable_list out;
    for (const Tensor& gradient : found) {
      if (gradient.defined()) out.push_back(gradient);
    }
    return out;
  };
  return check("gradgradcheck", gradients, all, options);
}

}  // namespace sinter::autograd
