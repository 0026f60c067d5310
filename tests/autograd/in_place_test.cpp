// In-place calls and views. The numbers are those of PyTorch 2 for the same programs.
#include "autograd_testing.h"

#include <functional>

using namespace sinter;
using namespace sinter::testing;

namespace {

struct Program {
  const char* what;
  std::function<Tensor(const Tensor& w, const Tensor& v)> run;
  Numbers result, w_grad, v_grad;
};

void check(const Program& program) {
  INFO(program.what);
  const Tensor w = values({1, 2, 3, 4, 5, 6}).view({2, 3}).clone().set_requires_grad(true);
  const Tensor v = leaf({0.5, -1.5, 2.5});
  const Tensor y = program.run(w, v);
  const Tensor weights = arange(1, y.numel() + 1, kFloat64).view(y.sizes());
  (y * weights).sum().backward();
  CHECK(close(elements(y), program.result));
  CHECK(close(elements(w.grad()), program.w_grad));
  CHECK(close(elements(v.grad()), program.v_grad));
}

}  // namespace

TEST_CASE("an in-place call on a tensor gives it a new history") {
  check({"x.mul_",
         [](const Tensor& w, const Tensor&) {
           Tensor x = w * 2;
           x.mul_(3);
           return x;
         },
         {6, 12, 18, 24, 30, 36},
         {6, 12, 18, 24, 30, 36},
         {}});
  check({"zeroing a row cuts it off",
         [](const Tensor& w, const Tensor&) {
           const Tensor x = w * 1;
           x[0].zero_();
           return x * w;
         },
         {0, 0, 0, 16, 25, 36},
         {0, 0, 0, 32, 50, 72},
         {}});
  check({"masked_fill_",
         [](const Tensor& w, const Tensor&) {
           Tensor x = w * 1;
           x.masked_fill_(values({1, 0, 1, 0, 1, 0}).view({2, 3}).to(kBool), 7.0);
           return x * w;
         },
         {7, 4, 21, 16, 35, 36},
         {7, 8, 21, 32, 35, 72},
         {}});
}

TEST_CASE("an in-place call on a view changes the history of its base") {
  check({"a row",
         [](const Tensor& w, const Tensor& v) {
           const Tensor x = w * 2;
           x[0].mul_(v);
           return x;
         },
         {1, -6, 15, 8, 10, 12},
         {1, -6, 15, 8, 10, 12},
         {2, 8, 18}});
  check({"rows and columns of a constant",
         [](const Tensor& w, const Tensor& v) {
           Tensor x = zeros({2, 3}, kFloat64);
           x[1].copy_(v);
           x.select(1, 0).copy_(w.select(1, 1));
           return x * x;
         },
         {4, 0, 0, 25, 2.25, 6.25},
         {0, 4, 0, 0, 40, 0},
         {0, -15, 30}});
  check({"a view of a constant, read through both",
         [](const Tensor&, const Tensor& v) {
           const Tensor x = ones({3}, kFloat64);
           Tensor y = x.view({3, 1});
           y.mul_(v.view({3, 1}));
           return x * y.view({3});
         },
         {0.25, 2.25, 6.25},
         {},
         {1, -6, 15}});
  check({"the diagonal",
         [](const Tensor& w, const Tensor& v) {
           const Tensor x = w * 1;
           x.diagonal().mul_(v.narrow(0, 0, 2));
           return x * x;
         },
         {0.25, 4, 9, 16, 56.25, 36},
         {0.5, 8, 18, 32, 112.5, 72},
         {1, -375, 0}});
  check({"a transposed part, from an expanded source",
         [](const Tensor& w, const Tensor& v) {
           const Tensor x = w * 1;
           x.narrow(1, 1, 2).t().copy_(v.narrow(0, 0, 2).unsqueeze(1).expand({2, 2}));
           return x * w;
         },
         {1, 1, -4.5, 16, 2.5, -9},
         {2, 1, -4.5, 32, 2.5, -9},
         {29, 45, 0}});
  check({"a part of a slice of a constant",
         [](const Tensor& w, const Tensor& v) {
           const Tensor x = zeros({4, 3}, kFloat64);
           x.slice(0, 1, 3).copy_(w);
           x.slice(0, 1, 3).mul_(v);
           return x * x;
         },
         {0, 0, 0, 0.25, 9, 56.25, 4, 56.25, 225, 0, 0, 0},
         {2, 45, 225, 14, 180, 675},
         {116, -660, 1890}});
  check({"filled elements pass nothing on",
         [](const Tensor& w, const Tensor& v) {
           const Tensor x = w * 1;
           x[0].fill_(5);
           x.select(1, 2).copy_(v.narrow(0, 0, 2));
           return x * x;
         },
         {25, 25, 0.25, 16, 25, 2.25},
         {0, 0, 0, 32, 50, 0},
         {3, -18, 0}});
}

TEST_CASE("an in-place call on a view whose base is laid out otherwise") {
  check({"a permuted base",
         [](const Tensor& w, const Tensor& v) {
           const Tensor x = (w * 1).permute({1, 0});
           x.slice(0, 1).div_(v.narrow(0, 1, 2).unsqueeze(1));
           return x * 1;
         },
         {1, 4, -1.3333333333333333, -3.3333333333333335, 1.2, 2.4},
         {1, -2, 2, 2, -2.6666666666666665, 2.4},
         {0, -11.555555555555555, -8.16}});
  check({"a base with rising strides",
         [](const Tensor& w, const Tensor& v) {
           const Tensor x = (w * 1).t().contiguous().t();
           x[0].mul_(v);
           return x * w;
         },
         {0.5, -6, 22.5, 16, 25, 36},
         {1, -12, 45, 32, 50, 72},
         {1, 8, 27}});
}

TEST_CASE("other views of a base that was changed follow it") {
  check({"two views of one base, both changed",
         [](const Tensor& w, const Tensor& v) {
           const Tensor x = w * 1;
           Tensor a = x[0];
           Tensor b = x.select(1, 1);
           a.mul_(v);
           b.mul_(2);
           return a * b[0] + x.sum({0});
         },
         {1.5, 40, -31.5},
         {-2.5, -3, -37.5, 1, 4, 3},
         {-5, 4, -45}});
  check({"a view from before changes of the base",
         [](const Tensor& w, const Tensor& v) {
           Tensor x = w * 1;
           Tensor a = x[0];
           x.mul_(2);
           a.add_(v);
           x.add_(1);
           return a * v + x[0];
         },
         {5.25, -1.75, 33.25},
         {3, -2, 21, 0, 0, 0},
         {5, 6, 39}});
  check({"a view of a view",
         [](const Tensor& w, const Tensor& v) {
           const Tensor x = w * 1;
           const Tensor a = x.slice(1, 1);
           Tensor b = a[1];
           b.mul_(v.narrow(0, 1, 2));
           return (a * a).sum({1}) + b;
         },
         {5.5, 296.25},
         {0, 4, 6, 0, 43.5, 155},
         {0, -145, 372}});
}

TEST_CASE("an in-place call on a view whose vjp reads its output") {
  check({"exp_ of a row of a transposed view",
         [](const Tensor& w, const Tensor&) {
           const Tensor x = w * 1;
           const Tensor t = x.t();
           t[1].exp_();
           return x * t.t();
         },
         {1, 54.59815003314424, 9, 16, 22026.465794806714, 36},
         {2, 218.39260013257697, 18, 32, 220264.65794806715, 72},
         {}});
  check({"sigmoid_ of a row",
         [](const Tensor& w, const Tensor&) {
           const Tensor x = w * 1;
           x[1].sigmoid_();
           return x * x;
         },
         {1, 4, 9, 0.9643510838246173, 0.9866590924049252, 0.9950608675520054},
         {2, 8, 18, 0.1387601685667209, 0.06603562218556239, 0.029524926520440718},
         {}});
}

TEST_CASE("parts of a split can be changed in place") {
  // PyTorch refuses this, for no reason that holds here.
  const Tensor w = values({1, 2, 3, 4, 5, 6}).view({2, 3}).clone().set_requires_grad(true);
  const Tensor v = leaf({0.5, -1.5, 2.5});
  const Tensor x = w * 1;
  auto parts = x.split(1);
  parts[0].mul_(v);
  parts[1].add_(parts[0]);
  (x * values({1, 2, 3, 4, 5, 6}).view({2, 3})).sum().backward();
  CHECK(elements(w.grad()) == Numbers{5 * 0.5, 7 * -1.5, 9 * 2.5, 4, 5, 6});
  CHECK(elements(v.grad()) == Numbers{5, 14, 27});
}

TEST_CASE("a view knows its base and that the base came to require grad") {
  const Tensor w = leaf({1, 2});
  const Tensor x = zeros({3}, kFloat64);
  Tensor a = x.narrow(0, 0, 2);
  const Tensor b = x.narrow(0, 1, 2);
  CHECK(a.is_view());
  CHECK(a._base().is_same(x));
  CHECK(a.view({2, 1})._base().is_same(x));
  CHECK_FALSE(x.is_view());
  CHECK_FALSE(x._base().defined());
  CHECK_FALSE(b.requires_grad());
  a.mul_(w);
  CHECK(x.requires_grad());
  CHECK(b.requires_grad());
  REQUIRE(b.grad_fn());
  CHECK(b.grad_fn()->name() == "AsStridedBackward0");
  CHECK(x.grad_fn()->name() == "CopySlices");
  CHECK(a.grad_fn()->name() == "AsStridedBackward0");
}

TEST_CASE("a view made under no_grad cannot be changed while gradients are recorded") {
  const Tensor w = leaf({1, 2, 3});
  const Tensor x = w * 1;
  Tensor v;
  {
    const NoGradGuard no_grad;
    v = x.narrow(0, 0, 2);
    v.add_(1);
  }
  CHECK_FALSE(v.requires_grad());
  const std::string message =
      "[mul_] a view that was made under no_grad, or of another dtype, cannot be changed in place "
      "while gradients are recorded; make the view outside of no_grad, or change it under no_grad; "
      "got a view of f64 [3]";
  CHECK(message_of([&] { v.mul_(2); }) == message);
  CHECK(message_of([&] { v.mul_(w.narrow(0, 0, 2)); }) == message);
  x.sum().backward();
  CHECK(elements(w.grad()) == Numbers{1, 1, 1});
}

TEST_CASE("a saved input that is changed in place is noticed in backward") {
  const Tensor w = leaf({1, 2, 3, 4, 5, 6}, kFloat32);
  const Tensor x = w.view({2, 3}) * 1;
  Tensor c = x.clone();
  const Tensor y = x * c;
  c.add_(1);
  CHECK(
      message_of([&] { y.sum().backward(); }) ==
      "[mul] a tensor saved for backward (input 1 of mul, f32 [2, 3]) was changed in place since: "
      "version 1, expected 0");
}

TEST_CASE("a saved output that is changed in place is noticed in backward") {
  const Tensor w = leaf({1, 2});
  Tensor y = w.exp();
  y.add_(1);
  CHECK(message_of([&] { y.sum().backward(); }) ==
        "[exp] a tensor saved for backward (output 0 of exp, f64 [2]) was changed in place since: "
        "version 1, expected 0");
}

TEST_CASE("a change through a detached tensor or a view is noticed too") {
  const Tensor w = leaf({1, 2});
  const Tensor x = w * 1;
  const Tensor y = x * x;
  x.detach().mul_(2);
  CHECK(message_of([&] { y.sum().backward(); }).starts_with("[mul] a tensor saved for backward"));
  const Tensor z = w * 1;
  const Tensor q = z * z;
  {
    const NoGradGuard no_grad;
    z.narrow(0, 0, 1).mul_(2);
  }
  CHECK(message_of([&] { q.sum().backward(); }).starts_with("[mul] a tensor saved for backward"));
}

TEST_CASE("an in-place call that overwrites what its own vjp needs is noticed") {
  const Tensor w = leaf({1, 2});
  Tensor x = w * 1;
  x.mul_(x);
  CHECK(message_of([&] { x.sum().backward(); }).starts_with("[mul] a tensor saved for backward"));
}

TEST_CASE("an in-place call that its vjp does not look at is fine") {
  const Tensor w = leaf({1, 2});
  Tensor y = w.exp();
  const Tensor z = y + 1;
  Tensor u = z * 1;
  u.add_(5).mul_(2);
  u.sum().backward();
  CHECK(close(elements(w.grad()), {2 * std::exp(1.0), 2 * std::exp(2.0)}));
}

TEST_CASE("an in-place comparison leaves a gradient of zero") {
  const Tensor w = leaf({1, 2});
  Tensor y = w * 2;
  y.eq_(values({2, 2}));
  CHECK(y.requires_grad());
  (y + w * 0).sum().backward();
  CHECK(elements(w.grad()) == Numbers{0, 0});
}

TEST_CASE("a tensor of integers takes elements of one that requires grad without history") {
  const Tensor w = leaf({1.5, 2.5});
  Tensor i = values({0, 0}, kInt64);
  i.copy_(w);
  CHECK_FALSE(i.requires_grad());
  CHECK(elements(i) == Numbers{1, 2});
}

TEST_CASE("double backward goes through in-place calls on views") {
  const Tensor w = leaf({1, 2, 3});
  const Tensor v = leaf({4, 5});
  const Tensor x = w * w;
  x.narrow(0, 0, 2).mul_(v);
  x.narrow(0, 1, 2).exp_();
  // x = (w0^2 v0, exp(w1^2 v1), exp(w2^2))
  const Tensor scale = values({1, 1e-8, 1e-3});
  const Tensor first = sinter::autograd::grad({(x * scale).sum()}, {w}, {}, true, true)[0];
  const double e1 = std::exp(20) * 1e-8;
  const double e2 = std::exp(9) * 1e-3;
  CHECK(close(elements(first), {2 * 4, 2 * 2 * 5 * e1, 2 * 3 * e2}));
  const auto second = sinter::autograd::grad({first.sum()}, {w, v});
  CHECK(close(elements(second[0]), {2 * 4, e1 * (10 + 400), e2 * (2 + 36)}));
  CHECK(close(elements(second[1]), {2, e1 * (4 + 20 * 4)}));
}
