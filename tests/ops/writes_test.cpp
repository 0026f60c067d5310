// Ops that write inputs, as optimizers and batch norm do.
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/dispatch.h>
#include <sinter/tests/core/error_message.h>

#include <catch2/catch.hpp>

using namespace sinter;
using sinter::test::message_of;

namespace {

void infer_swap(ops::InferContext&) {}
void swap_first(const ops::KernelContext& c) {
  auto* a = const_cast<float*>(c.in_data<float>(0));
  auto* b = const_cast<float*>(c.in_data<float>(1));
  std::swap(*a, *b);
  if (c.in.defined(2)) *const_cast<float*>(c.in_data<float>(2)) += 1;
}
constexpr ops::OpDef kSwapFirst{.name = "swap_first",
                                .arity = 3,
                                .outputs = 0,
                                .optional_inputs = 0b100,
                                .infer = infer_swap,
                                .kernel = {swap_first},
                                .writes = 0b111};

Tensor filled(float value) {
  Tensor t = empty_tensor("test", {3}, kFloat32);
  for (int i = 0; i < 3; ++i) t.data_ptr<float>()[i] = value;
  return t;
}

void swap_call(const Tensor& a, const Tensor& b, const Tensor& c = {}) {
  ops::call_writing(kSwapFirst, ops::NoAttrs{}, a, b, c);
}

Tensor view_of(const Tensor& base, std::int64_t size, std::int64_t stride, std::int64_t offset) {
  TensorMeta meta;
  meta.set_strided({size}, {stride}, offset);
  return make_view(base.storage(), meta);
}

}  // namespace

TEST_CASE("an op that writes inputs changes them and raises their versions") {
  const Tensor a = filled(1);
  const Tensor b = filled(2);
  const Tensor c = filled(3);
  swap_call(a, b, c);
  CHECK(a.data_ptr<float>()[0] == 2);
  CHECK(b.data_ptr<float>()[0] == 1);
  CHECK(c.data_ptr<float>()[0] == 4);
  CHECK(a._version() == 1);
  CHECK(c._version() == 1);
}

TEST_CASE("an input that may be left out is not written") {
  const Tensor a = filled(1);
  const Tensor b = filled(2);
  swap_call(a, b);
  CHECK(a.data_ptr<float>()[0] == 2);
}

TEST_CASE("a written input may not share memory with another") {
  const Tensor a = filled(1);
  CHECK(message_of([&] { swap_call(a, a); }) ==
        "[swap_first] writes input 0, which must not share memory with another; got such an input "
        "1; clone() it first");
  CHECK(message_of([&] { swap_call(view_of(a, 2, 1, 0), view_of(a, 2, 1, 1)); }) ==
        "[swap_first] writes input 0, which must not share memory with another; got such an input "
        "1; clone() it first");
  swap_call(view_of(a, 1, 1, 0), view_of(a, 1, 1, 2));
}

TEST_CASE("a written input may not be expanded, nor be a C++ number") {
  const Tensor a = filled(1);
  CHECK(message_of([&] { swap_call(view_of(a, 4, 0, 0), filled(0)); }) ==
        "[swap_first] cannot write a tensor in which several elements share one address; got sizes "
        "[4] with strides [0]; clone() it first");
  CHECK(message_of([&] { swap_call(wrapped_number(1.5), filled(0)); }) ==
        "[swap_first] cannot write to a C++ number");
}

TEST_CASE("a written input may not require a gradient while operations are recorded") {
  const Tensor a = filled(1);
  a.impl()->requires_grad = true;
  CHECK(message_of([&] { swap_call(a, filled(0)); }) ==
        "[swap_first] writes input 0, which must not require a gradient while operations are "
        "recorded; got one that does; use NoGradGuard");
  ops::dispatch_state().grad_enabled = false;
  swap_call(a, filled(0));
  ops::dispatch_state().grad_enabled = true;
  CHECK(a.data_ptr<float>()[0] == 0);
}

TEST_CASE("an element broadcast over a small tensor gives what its copies give") {
  const Tensor x = tensor({1.0F, -2.0F, 4.0F});
  const Tensor element = tensor({3.0F}).expand({3});
  const Tensor copies = element.contiguous();
  CHECK((element - x).equal(copies - x));
  CHECK((x - element).equal(x - copies));
  CHECK((x - element[0]).equal(x - copies));
  CHECK((element[0] - x).equal(copies - x));
  CHECK((element * element).equal(copies * copies));
  CHECK((element - x).is_contiguous());
  CHECK((element[0] - x.to(kFloat64)).dtype() == kFloat64);
  CHECK(addcmul(x, element, element).equal(addcmul(x, copies, copies)));
}

TEST_CASE("an element of the written tensor is read before it changes, or refused") {
  Tensor x = tensor({2.0F, 3.0F, 4.0F});
  x.mul_(x.slice(0, 1, 2).expand({3}));
  CHECK(x.equal(tensor({6.0F, 9.0F, 12.0F})));
  x.add_(x.slice(0, 0, 1).expand({3}));
  CHECK(x.equal(tensor({12.0F, 15.0F, 18.0F})));
  CHECK_THROWS_WITH(x.add_(x[0]),
                    "[add_] an input partly overlaps the written tensor; clone() it first");
}
