#include "autograd_testing.h"

namespace autograd = sinter::autograd;
using namespace sinter;
using namespace sinter::testing;

TEST_CASE("only floating point tensors can require gradients") {
  Tensor t = values({1, 2}, kInt64);
  CHECK(message_of<TypeError>([&] { t.requires_grad_(); }) ==
        "[requires_grad_] only floating point tensors can require gradients; got i64");
  t.requires_grad_(false);
  CHECK_FALSE(t.requires_grad());
}

TEST_CASE("a computed tensor cannot stop requiring gradients") {
  const Tensor w = leaf({1});
  const Tensor y = w * w;
  CHECK(message_of([&] { y.requires_grad_(false); }) ==
        "[requires_grad_] only leaf tensors can stop requiring gradients; detach() gives a tensor "
        "that does not; got MulBackward0");
  w.requires_grad_(false);
  CHECK_FALSE(w.requires_grad());
  CHECK_FALSE((w * w).requires_grad());
  w.requires_grad_();
  (w * w).backward();
  CHECK(elements(w.grad()) == Numbers{2});
}

TEST_CASE("an undefined tensor has no autograd state") {
  const Tensor t;
  CHECK(message_of([&] { t.requires_grad_(); }).starts_with("[tensor] the tensor must be defined"));
  CHECK(message_of([&] { t.grad(); }).starts_with("[tensor] the tensor must be defined"));
  CHECK(message_of([&] { t.backward(); }).starts_with("[tensor] the tensor must be defined"));
}

TEST_CASE("detach shares elements and version, and is a leaf without gradient") {
  const Tensor w = leaf({1, 2});
  const Tensor y = w * w;
  Tensor d = y.detach();
  CHECK_FALSE(d.requires_grad());
  CHECK(d.is_leaf());
  CHECK_FALSE(d.is_view());
  CHECK(d.data_ptr() == y.data_ptr());
  const auto version = y._version();
  d.add_(1);
  CHECK(y._version() == version + 1);
  CHECK(elements(y) == Numbers{2, 5});
}

TEST_CASE("detach_ cuts the tensor itself off") {
  const Tensor w = leaf({3});
  Tensor y = w * w;
  y.detach_();
  CHECK_FALSE(y.requires_grad());
  CHECK_FALSE(y.grad_fn());
  y.set_requires_grad(true);
  (y * y).backward();
  CHECK(elements(y.grad()) == Numbers{18});
  CHECK_FALSE(w.grad().defined());
  Tensor v = y.view({1, 1});
  CHECK(message_of([&] { v.detach_(); }) ==
        "[detach_] a view cannot be detached in place; use detach(); got f64 [1, 1]");
}

TEST_CASE("data has a version of its own") {
  const Tensor w = leaf({2});
  const Tensor y = w * w;
  w.data().mul_(3);
  CHECK(w._version() == 0);
  CHECK(elements(w) == Numbers{6});
  y.backward();  // with the new elements: autograd did not notice
  CHECK(elements(w.grad()) == Numbers{12});
}

TEST_CASE("data keeps the memory alive") {
  Tensor d;
  {
    const Tensor w = values({1, 2, 3});
    d = w.data();
  }
  CHECK(elements(d) == Numbers{1, 2, 3});
}

TEST_CASE("set_data replaces elements and metadata of a leaf") {
  const Tensor w = leaf({2});
  w.set_data(values({3, 4}));
  CHECK(w.requires_grad());
  (w * w).sum().backward();
  CHECK(elements(w.grad()) == Numbers{6, 8});
  CHECK(message_of<TypeError>([&] { w.set_data(values({1}, kInt64)); }) ==
        "[set_data] a tensor that requires grad must stay floating point; got i64");
}

TEST_CASE("a leaf that requires grad cannot be changed in place") {
  Tensor w = leaf({1, 2, 3});
  CHECK(message_of([&] { w.add_(1); }) ==
        "[add_] a leaf tensor that requires grad cannot be changed in place; use no_grad or clone "
        "it; got f64 [3]");
  CHECK(message_of([&] { w.select(0, 1).mul_(2); }) ==
        "[mul_] a view of a leaf tensor that requires grad cannot be changed in place; use no_grad "
        "or clone it; got a view of f64 [3]");
  CHECK(message_of([&] { w.zero_(); }).starts_with("[fill_] a leaf tensor that requires grad"));
  CHECK(elements(w) == Numbers{1, 2, 3});
  {
    const NoGradGuard no_grad;
    w.add_(1);
    w.select(0, 1).mul_(2);
  }
  CHECK(elements(w) == Numbers{2, 6, 4});
  CHECK(w.is_leaf());
}

TEST_CASE("tensors made under no_grad require no gradient") {
  const Tensor w = leaf({2});
  CHECK(GradMode::is_enabled());
  {
    const NoGradGuard no_grad;
    CHECK_FALSE(GradMode::is_enabled());
    CHECK_FALSE((w * w).requires_grad());
    {
      const AutoGradMode recorded(true);
      CHECK((w * w).requires_grad());
    }
    CHECK_FALSE((w * w).requires_grad());
  }
  CHECK((w * w).requires_grad());
}

TEST_CASE("inference tensors stay out of recording") {
  const Tensor w = leaf({2});
  Tensor y;
  {
    const InferenceMode inference;
    CHECK(InferenceMode::is_enabled());
    y = w * w;
    y.add_(1);
    {
      const InferenceMode normal(false);
      CHECK((w * w).requires_grad());
    }
    CHECK_FALSE((w * w).requires_grad());
  }
  CHECK(y.is_inference());
  CHECK_FALSE(y.requires_grad());
  CHECK(message_of([&] { w* y; }) ==
        "[mul] a tensor made in inference mode cannot be saved for backward; clone() it outside of "
        "inference mode");
  CHECK(message_of([&] { y.mul_(2); }) ==
        "[mul_] a tensor made in inference mode cannot be changed in place outside of it; got one "
        "of [1]; clone() it first");
  CHECK(message_of([&] { y.requires_grad_(); }) ==
        "[requires_grad_] a tensor made in inference mode cannot require gradients; got f64 [1]; "
        "clone() it first");
  CHECK((w + y.clone()).requires_grad());
  CHECK_FALSE(y.clone().is_inference());
}
