#include "autograd_testing.h"

#include <sinter/autograd/custom_function.h>
#include <sinter/autograd/gradcheck.h>

namespace autograd = sinter::autograd;
using namespace sinter;
using namespace sinter::testing;
using autograd::AutogradContext;
using autograd::gradcheck;
using autograd::gradgradcheck;
using autograd::variable_list;

namespace {

enum class Fault { wrong, random, layout, undefined, second };

// x * x with a backward that has a fault.
template <Fault fault>
struct Faulty : autograd::Function<Faulty<fault>> {
  static variable_list forward(AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    ctx->set_materialize_grads(fault != Fault::undefined);
    return {x * x, x * 3};
  }
  static inline int calls = 0;
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const Tensor x = ctx->get_saved_variables()[0];
    if (fault == Fault::undefined && !grads[1].defined()) return {grads[0] * x};
    if (fault == Fault::undefined && !grads[0].defined()) return {grads[1] * 3};
    Tensor out = grads[0] * x * 2 + grads[1] * 3;
    if (fault == Fault::wrong) out = out + grads[0].select(0, 1) * values({0, 0, 0.5});
    if (fault == Fault::random) out = out + grads[0] * (1e-9 * ++calls);
    if (fault == Fault::layout && !grads[0].is_contiguous()) out = out * 2;
    if (fault == Fault::second) out = grads[0] * x.detach() * 2 + grads[1] * 3;
    return {out};
  }
};

template <Fault fault>
variable_list faulty(const variable_list& in) {
  return Faulty<fault>::apply(in[0]);
}

}  // namespace

TEST_CASE("gradcheck accepts right gradients") {
  const variable_list in{leaf({0.3, 0.7, -1.2}), leaf({1.5, -0.5, 2})};
  CHECK(gradcheck([](const variable_list& t) { return variable_list{t[0] * t[1] + t[0].exp()}; },
                  in));
  CHECK(gradgradcheck(
      [](const variable_list& t) { return variable_list{t[0] * t[1] + t[0].exp()}; }, in));
  CHECK(gradcheck(
      [](const variable_list& t) {
        return variable_list{t[0] * t[0], t[0] + t[1]};
      },
      in));
}

TEST_CASE("gradcheck names output, input, element and both derivatives") {
  const Tensor x = leaf({1, 2, 3});
  const std::string message = message_of([&] { gradcheck(faulty<Fault::wrong>, {x}); });
  CHECK(
      message.starts_with("[gradcheck] the gradient of output 0, element 1, with respect to input "
                          "0, element 2, differs: numerical "));
  CHECK(message.find("analytical 0.5, allowed difference 1e-05") != std::string::npos);
  autograd::GradcheckOptions quiet;
  quiet.raise_exception = false;
  CHECK_FALSE(gradcheck(faulty<Fault::wrong>, {x}, quiet));
}

TEST_CASE("gradcheck notices gradients that change from pass to pass") {
  const std::string message = message_of([] {
    gradcheck(faulty<Fault::random>, {leaf({1, 2, 3})});
  });
  CHECK(
      message.starts_with("[gradcheck] the gradient with respect to input 0, element 0, differs "
                          "from one backward pass to the next: "));
  autograd::GradcheckOptions tolerant;
  tolerant.nondet_tol = 1e-6;
  tolerant.check_grad_layout = tolerant.check_undefined_grad = false;
  CHECK(gradcheck(faulty<Fault::random>, {leaf({1, 2, 3})}, tolerant));
}

TEST_CASE("gradcheck tries gradients that are not contiguous") {
  CHECK(
      message_of([] {
        gradcheck(faulty<Fault::layout>, {leaf({1, 2, 3})});
      })
          .starts_with("[gradcheck] the gradient with respect to input 0, element 0, differs when "
                       "the gradient of the output is not contiguous: "));
}

TEST_CASE("gradcheck tries undefined gradients") {
  autograd::GradcheckOptions options;
  options.atol = 10;  // finite differences, which look at one output at a time, find it as well
  CHECK(
      message_of([&] {
        gradcheck(faulty<Fault::undefined>, {leaf({1, 2, 3})}, options);
      })
          .starts_with("[gradcheck] the gradient with respect to input 0, element 0, differs when "
                       "the gradient of an output is zero and when it is undefined: "));
}

TEST_CASE("gradgradcheck notices a gradient that forgets what it depends on") {
  CHECK(gradcheck(faulty<Fault::second>, {leaf({1, 2, 3})}));
  CHECK(message_of([] {
          gradgradcheck(faulty<Fault::second>, {leaf({1, 2, 3})});
        })
            .starts_with("[gradgradcheck] the gradient of output 0, element 0, with respect to "
                         "input 0, element 0, differs: numerical "));
}

TEST_CASE("gradcheck notices an output that should require grad") {
  const auto detached = [](const variable_list& in) { return variable_list{in[0].detach() * 2}; };
  CHECK(
      message_of([&] { gradcheck(detached, {leaf({1})}); })
          .starts_with("[gradcheck] the gradient of output 0, element 0, with respect to input 0, "
                       "element 0, differs: numerical "));
}

TEST_CASE("gradcheck needs f64 inputs that require grad") {
  const auto same = [](const variable_list& in) { return variable_list{in[0] * 1}; };
  CHECK(message_of<ValueError>([&] { gradcheck(same, {leaf({1}, kFloat32)}); }) ==
        "[gradcheck] input 0 must be f64 to be compared with finite differences; got f32");
  CHECK(message_of<ValueError>([&] { gradcheck(same, {values({1})}); }) ==
        "[gradcheck] at least one input must require grad; got none");
  const auto narrow = [](const variable_list& in) { return variable_list{in[0].to(kFloat32)}; };
  CHECK(message_of<ValueError>([&] { gradcheck(narrow, {leaf({1})}); }) ==
        "[gradcheck] output 0 must be f64; got f32");
}

TEST_CASE("gradcheck takes inputs of any layout, also those that need no gradient") {
  const Tensor wide = values({1, 9, 2, 9, 3, 9}).view({3, 2});
  const Tensor x = wide.select(1, 0).detach().set_requires_grad(true);
  CHECK_FALSE(x.is_contiguous());
  const Tensor indices = values({0, 2}, kInt64);
  const auto pick = [](const variable_list& in) {
    return variable_list{in[0].index_select(0, in[1]) * in[2]};
  };
  CHECK(gradcheck(pick, {x, indices, values({2, 3})}));
  CHECK(gradgradcheck(pick, {x, indices, leaf({2, 3})}));
}
