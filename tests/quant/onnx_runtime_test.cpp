#include <sinter/sinter.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>

using namespace sinter;

// Numbers of ONNX Runtime: see tests/data/quant/ort_cases.py.
namespace {

const safetensors::File& cases() {
  static const safetensors::File file =
      safetensors::load(SINTER_TEST_DATA "/quant/ort_cases.safetensors");
  return file;
}

struct Case {
  std::string name;

  bool exists() const { return cases().find(name + ".params").defined(); }
  Tensor tensor(const char* key) const { return cases().find(name + "." + key); }
  double number(std::int64_t i) const { return tensor("params")[i].item<double>(); }
  std::int64_t integer(std::int64_t i) const { return tensor("params")[i].item<std::int64_t>(); }
  QuantParams params(std::int64_t i) const { return {number(i), integer(i + 1)}; }
};

struct Agreement {
  std::int64_t cases = 0, elements = 0, different = 0, furthest = 0;
};

// Runs run(case) over all cases NAME0, NAME1, ... and compares with what is stored as key.
template <class F>
Agreement compare(const std::string& name, const char* key, F&& run) {
  Agreement out;
  for (Case c{name + "0"}; c.exists(); c.name = str(name, out.cases)) {
    const Tensor got = run(c), want = c.tensor(key);
    REQUIRE(got.sizes() == want.sizes());
    REQUIRE(got.dtype() == want.dtype());
    const Tensor distance = (got.to(kFloat64) - want.to(kFloat64)).abs();
    out.different += distance.ne(0).sum().item<std::int64_t>();
    out.furthest = std::max(out.furthest, distance.max().item<std::int64_t>());
    out.elements += got.numel();
    ++out.cases;
  }
  UNSCOPED_INFO(name << ": " << out.different << " of " << out.elements << " elements in "
                     << out.cases << " cases differ");
  return out;
}

void check_equal(const Agreement& a, std::int64_t cases) {
  CHECK(a.cases == cases);
  CHECK(a.different == 0);
}

}  // namespace

TEST_CASE("int8 convolution equals ONNX Runtime's QLinearConv bit for bit") {
  check_equal(compare("conv", "y",
                      [](const Case& c) {
                        const QuantizedWeight w{c.tensor("w"), c.tensor("sw"), c.tensor("b")};
                        return quantized_conv2d(
                            c.tensor("x"), c.params(0), w, {c.params(2), c.tensor("x").dtype()},
                            {{c.integer(4)}, {c.integer(5)}, {c.integer(6)}, c.integer(7)});
                      }),
              48);
}

TEST_CASE("int8 linear layers equal ONNX Runtime's QLinearMatMul bit for bit") {
  check_equal(compare("linear", "y",
                      [](const Case& c) {
                        const QuantizedWeight w{c.tensor("w"), c.tensor("sw"), {}};
                        return quantized_linear(c.tensor("x"), c.params(0), w,
                                                {c.params(2), c.tensor("x").dtype()});
                      }),
              24);
}

TEST_CASE("int8 addition equals ONNX Runtime's QLinearAdd bit for bit") {
  check_equal(compare("add", "y",
                      [](const Case& c) {
                        return quantized_add(c.tensor("a"), c.params(0), c.tensor("b"), c.params(2),
                                             {c.params(4), c.tensor("a").dtype()});
                      }),
              24);
}

TEST_CASE("global average pooling equals ONNX Runtime's bit for bit") {
  check_equal(compare("global_pool", "y",
                      [](const Case& c) {
                        return quantized_global_avg_pool2d(c.tensor("x"), c.params(0), c.params(2));
                      }),
              12);
}

// ONNX Runtime sums in f32, so that ties may round the other way there.
TEST_CASE("average pooling is within one of ONNX Runtime's") {
  const Agreement a = compare("avg_pool", "y", [](const Case& c) {
    return quantized_avg_pool2d(
        c.tensor("x"), c.params(0), c.params(2),
        {{c.integer(4)}, {c.integer(5)}, {c.integer(6)}, false, c.integer(7) == 1});
  });
  CHECK(a.cases == 24);
  CHECK(a.furthest <= 1);
  CHECK(a.different <= a.elements / 8);
}

TEST_CASE("quantize and fake_quantize equal ONNX Runtime's pair bit for bit") {
  check_equal(compare("quantize", "q",
                      [](const Case& c) {
                        return quantize(c.tensor("x"), full({}, c.number(0), kFloat32),
                                        full({}, c.integer(1), kInt32), c.tensor("q").dtype());
                      }),
              8);
  check_equal(compare("quantize", "y",
                      [](const Case& c) {
                        const std::int64_t low = c.tensor("q").dtype() == kInt8 ? -128 : 0;
                        return fake_quantize_per_tensor_affine(c.tensor("x"), c.number(0),
                                                               c.integer(1), low, low + 255);
                      }),
              8);
}
