#include <sinter/core/print.h>
#include <sinter/core/tensor_factory.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <sstream>

#include "error_message.h"
#include "temporary_folder.h"

using namespace sinter;
using test::message_of;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// A tensor of those numbers, of a dtype and shape; without a shape, a vector.
Tensor make(const std::vector<double>& values, DType dtype = kFloat32,
            std::vector<std::int64_t> sizes = {-1}) {
  if (sizes == std::vector<std::int64_t>{-1}) sizes = {static_cast<std::int64_t>(values.size())};
  Tensor out = empty_tensor("test", sizes, dtype);
  visit_dtype(dtype, [&]<class T>() {
    for (std::size_t i = 0; i < values.size(); ++i) {
      out.data_ptr<T>()[i] = static_cast<T>(Scalar(values[i]).to<T>());
    }
  });
  return out;
}

Tensor counting(const std::vector<std::int64_t>& sizes, DType dtype = kFloat32, double factor = 1) {
  std::vector<double> values(static_cast<std::size_t>(checked_numel("test", sizes)));
  std::iota(values.begin(), values.end(), 0.0);
  for (double& value : values) value *= factor;
  return make(values, dtype, sizes);
}

struct Sample {
  Tensor tensor;
  std::string text;
};

class WithOptions {
 public:
  explicit WithOptions(const PrintOptions& options) { set_print_options(options); }
  ~WithOptions() { set_print_options(before_); }

 private:
  PrintOptions before_ = get_print_options();
};

}  // namespace

TEST_CASE("vectors print as libtorch prints them") {
  const std::vector<Sample> samples = {
      {make({1.5, 2.25}, kFloat64), " 1.5000\n 2.2500\n[ CPUDoubleType{2} ]"},
      {make({1.5, 1000.25}), "    1.5000\n 1000.2500\n[ CPUFloatType{2} ]"},
      {make({1.5, 100000.25}), " 1.5000e+00\n 1.0000e+05\n[ CPUFloatType{2} ]"},
      {make({1e-9, 1}), " 1.0000e-09\n 1.0000e+00\n[ CPUFloatType{2} ]"},
      {make({1e10, 1}), " 1.0000e+10\n 1.0000e+00\n[ CPUFloatType{2} ]"},
      {make({1e5, 2e5}), " 100000\n 200000\n[ CPUFloatType{2} ]"},
      {make({123456, 2}), " 123456\n      2\n[ CPUFloatType{2} ]"},
      {make({0.5, 0.25}), " 0.5000\n 0.2500\n[ CPUFloatType{2} ]"},
      {make({0.001, 0.002}), "0.001 *\n 1.0000\n 2.0000\n[ CPUFloatType{2} ]"},
      {make({1e-4, 2e-4}), "0.0001 *\n 1.0000\n 2.0000\n[ CPUFloatType{2} ]"},
      {make({1e-20, 2e-20}), "1e-20 *\n 1.0000\n 2.0000\n[ CPUFloatType{2} ]"},
      {make({1234567.5, 2234567.5}), "1000000 *\n 1.2346\n 2.2346\n[ CPUFloatType{2} ]"},
      {make({-1234567.5, 2234567.5}), "1000000 *\n-1.2346\n 2.2346\n[ CPUFloatType{2} ]"},
      {make({99999.5, 1}), " 99999.5000\n     1.0000\n[ CPUFloatType{2} ]"},
      {make({1e20, 2e20}), " 1.0000e+20\n 2.0000e+20\n[ CPUFloatType{2} ]"},
      {make({9.99999, 1.1}), "10.0000\n 1.1000\n[ CPUFloatType{2} ]"},
      {make({3e38, 1e-38}), " 3.0000e+38\n 1.0000e-38\n[ CPUFloatType{2} ]"},
      {make({1.7e308, 1e-300}, kFloat64), " 1.7000e+308\n 1.0000e-300\n[ CPUDoubleType{2} ]"},
      {make({1e100, 1.5}, kFloat64), " 1.0000e+100\n  1.5000e+00\n[ CPUDoubleType{2} ]"},
      {make({1e100, 1}, kFloat64), "1.0000e+100\n 1.0000e+00\n[ CPUDoubleType{2} ]"},
      {make({-0.5, 0}), "-0.5000\n 0.0000\n[ CPUFloatType{2} ]"},
      {make({-10.5, 0}), "-10.5000\n  0.0000\n[ CPUFloatType{2} ]"},
      {make({-0.05, 0}), "0.01 *\n-5.0000\n 0.0000\n[ CPUFloatType{2} ]"},
      {make({-0.05, 0, 100}), "  -0.0500\n   0.0000\n 100.0000\n[ CPUFloatType{3} ]"},
      {make({-0.0, 0.0}), "-0\n 0\n[ CPUFloatType{2} ]"},
      {make({0.0999999, 0.09}, kFloat64), "0.01 *\n10.0000\n 9.0000\n[ CPUDoubleType{2} ]"},
  };
  for (const Sample& sample : samples) CHECK(sample.tensor.str() == sample.text);
}

TEST_CASE("infinities and not-a-number print by name") {
  CHECK(make({kNan, 1}).str() == "nan\n 1\n[ CPUFloatType{2} ]");
  CHECK(make({-kInf, 1.5, kNan}).str() == "   -inf\n 1.5000\n    nan\n[ CPUFloatType{3} ]");
  CHECK(make({kInf}).str() == "inf\n[ CPUFloatType{1} ]");
  CHECK(make({kNan, kInf, -kInf, -1}).str() == "nan\ninf\n-inf\n-1\n[ CPUFloatType{4} ]");
}

TEST_CASE("each dtype prints under its name") {
  CHECK(make({-1, 2, 300}, kInt32).str() == "  -1\n   2\n 300\n[ CPUIntType{3} ]");
  CHECK(make({1, 2}, kUInt8).str() == " 1\n 2\n[ CPUByteType{2} ]");
  CHECK(make({1, -2}, kInt8).str() == " 1\n-2\n[ CPUCharType{2} ]");
  CHECK(make({1, -2}, kInt16).str() == " 1\n-2\n[ CPUShortType{2} ]");
  CHECK(make({1, 0}, kBool).str() == " 1\n 0\n[ CPUBoolType{2} ]");
  CHECK(make({1.1, 2}, kHalf).str() == " 1.0996\n 2.0000\n[ CPUHalfType{2} ]");
  CHECK(make({1.5, 2}, kBFloat16).str() == " 1.5000\n 2.0000\n[ CPUBFloat16Type{2} ]");
  CHECK(make({-1, 30000000000}, kInt64).str() == "          -1\n 30000000000\n[ CPULongType{2} ]");
}

TEST_CASE("a tensor without dimensions prints with all its digits") {
  const std::vector<std::pair<double, std::string>> samples = {
      {1.5, "1.5"},    {1, "1"},         {1e10, "10000000000"}, {1.0 / 3, "0.3333333333333333"},
      {1e20, "1e+20"}, {1e-5, "1e-05"},  {1e16, "1e+16"},       {1e15, "1000000000000000"},
      {-0.0, "-0"},    {kInf, "inf"},    {-kInf, "-inf"},       {123456789.123, "123456789.123"},
      {kNan, "nan"},   {1e-4, "0.0001"}, {5e-324, "5e-324"},
  };
  for (const auto& [value, text] : samples) {
    CHECK(make({value}, kFloat64, {}).str() == text + "\n[ CPUDoubleType{} ]");
  }
  CHECK(make({0.1}, kFloat32, {}).str() == "0.10000000149011612\n[ CPUFloatType{} ]");
  CHECK(make({1.1}, kBFloat16, {}).str() == "1.1015625\n[ CPUBFloat16Type{} ]");
  CHECK(make({1}, kBool, {}).str() == "1\n[ CPUBoolType{} ]");
  CHECK(make({255}, kUInt8, {}).str() == "255\n[ CPUByteType{} ]");
  CHECK(wrapped_number(9007199254740993).str() == "9007199254740993\n[ CPULongType{} ]");
}

TEST_CASE("tensors without elements, memory or anything print their type") {
  CHECK(counting({0}).str() == "[ CPUFloatType{0} ]");
  CHECK(counting({2, 0, 3}).str() == "[ CPUFloatType{2,0,3} ]");
  CHECK(Tensor().str() == "[ Tensor (undefined) ]");
  CHECK(Tensor().toString() == "UndefinedType");
  CHECK(counting({2}, kInt64).toString() == "CPULongType");
  TensorMeta meta;
  meta.set_contiguous({2, 3});
  CHECK(make_view({}, meta).str() == "[ fake CPUFloatType{2,3} ]");
}

TEST_CASE("matrices print one row a line") {
  CHECK(counting({2, 3}).str() == " 0  1  2\n 3  4  5\n[ CPUFloatType{2,3} ]");
  CHECK(make({0.12345678, 10}, kFloat32, {1, 2}).str() ==
        "  0.1235  10.0000\n[ CPUFloatType{1,2} ]");
  CHECK(make({0.001, 0.002, 0.003, -0.004}, kFloat32, {2, 2}).str() ==
        "0.001 *\n 1.0000  2.0000\n 3.0000 -4.0000\n[ CPUFloatType{2,2} ]");
  TensorMeta transposed;
  transposed.set_strided({3, 2}, {1, 3}, 0);
  CHECK(make_view(counting({2, 3}).storage(), transposed).str() ==
        " 0  3\n 1  4\n 2  5\n[ CPUFloatType{3,2} ]");
}

TEST_CASE("wide matrices print in groups of columns") {
  CHECK(counting({2, 30}, kInt64).str() ==
        "Columns 1 to 20\n"
        "  0   1   2   3   4   5   6   7   8   9  10  11  12  13  14  15  16  17  18  19\n"
        " 30  31  32  33  34  35  36  37  38  39  40  41  42  43  44  45  46  47  48  49\n"
        "\n"
        "Columns 21 to 30\n"
        " 20  21  22  23  24  25  26  27  28  29\n"
        " 50  51  52  53  54  55  56  57  58  59\n"
        "[ CPULongType{2,30} ]");
  const WithOptions narrow({.line_width = 1});
  CHECK(counting({1, 2}).str() ==
        "Columns 1 to 1\n 0\n\nColumns 2 to 2\n 1\n[ CPUFloatType{1,2} ]");
}

TEST_CASE("more dimensions print as numbered matrices, the first dimension running fastest") {
  CHECK(counting({2, 3, 4}).str() ==
        "(1,.,.) = \n   0   1   2   3\n   4   5   6   7\n   8   9  10  11\n\n"
        "(2,.,.) = \n  12  13  14  15\n  16  17  18  19\n  20  21  22  23\n"
        "[ CPUFloatType{2,3,4} ]");
  CHECK(counting({2, 2, 1, 1}).str() ==
        "(1,1,.,.) = \n  0\n\n(2,1,.,.) = \n  2\n\n(1,2,.,.) = \n  1\n\n(2,2,.,.) = \n  3\n"
        "[ CPUFloatType{2,2,1,1} ]");
}

TEST_CASE("large tensors print their edges") {
  CHECK(counting({1001}).str() ==
        "    0\n    1\n    2\n ...\n  998\n  999\n 1000\n[ CPUFloatType{1001} ]");
  CHECK(counting({10, 101}).str() ==
        "    0     1     2  ...    98    99   100\n"
        "  101   102   103  ...   199   200   201\n"
        "  202   203   204  ...   300   301   302\n"
        " ...\n"
        "  707   708   709  ...   805   806   807\n"
        "  808   809   810  ...   906   907   908\n"
        "  909   910   911  ...  1007  1008  1009\n"
        "[ CPUFloatType{10,101} ]");
  const WithOptions small({.threshold = 4, .edge_items = 1});
  CHECK(counting({3, 2, 3}).str() ==
        "(1,.,.) = \n  0  ...  2\n  3  ...  5\n\n...\n\n(3,.,.) = \n  12  ...  14\n  15  ...  17\n"
        "[ CPUFloatType{3,2,3} ]");
}

TEST_CASE("a summary reads only what it shows") {
  // One element, seen as 2^60 of them.
  TensorMeta meta;
  meta.set_strided({std::int64_t{1} << 20, 1 << 20, 1 << 20}, {0, 0, 0}, 0);
  const std::string text = make_view(make({7}).storage(), meta).str();
  CHECK(text.size() < 2000);
  CHECK(text.find("(1048576,.,.) = ") != std::string::npos);
}

TEST_CASE("a summary has a bounded number of matrices") {
  const std::string text = counting({2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}).str();
  CHECK(text.size() < 100000);
  CHECK(text.find("\n...\n[ CPUFloatType{2,2") != std::string::npos);
}

TEST_CASE("the smallest numbers print without a factor that is zero") {
  CHECK(make({5e-324}, kFloat64).str() == " 4.9407e-324\n[ CPUDoubleType{1} ]");
}

TEST_CASE("print options change digits and are checked") {
  {
    const WithOptions more({.precision = 2});
    CHECK(make({1.5, 22.25}).str() == "  1.50\n 22.25\n[ CPUFloatType{2} ]");
    CHECK(make({1.5, 1e8}).str() == " 1.50e+00\n 1.00e+08\n[ CPUFloatType{2} ]");
  }
  CHECK(get_print_options().precision == 4);
  CHECK(message_of<ValueError>([] { set_print_options({.precision = -1}); }) ==
        "[set_print_options] precision must be 0 to 100; got -1");
  CHECK(message_of<ValueError>([] { set_print_options({.threshold = -1}); }) ==
        "[set_print_options] threshold must not be negative; got -1");
  CHECK(message_of<ValueError>([] { set_print_options({.edge_items = -2}); }) ==
        "[set_print_options] edge_items must not be negative; got -2");
  CHECK(message_of<ValueError>([] { set_print_options({.line_width = 0}); }) ==
        "[set_print_options] line_width must be at least 1; got 0");
}

TEST_CASE("print writes type and sizes to the standard error") {
  const test::TemporaryFolder folder;
  std::fflush(stderr);
  const int before = dup(STDERR_FILENO);
  std::FILE* file = std::fopen(folder.file("x").c_str(), "w");
  REQUIRE(file != nullptr);
  dup2(fileno(file), STDERR_FILENO);
  counting({2, 3}).print();
  Tensor().print();
  std::fflush(stderr);
  dup2(before, STDERR_FILENO);
  close(before);
  std::fclose(file);
  CHECK(test::read_text(folder.file("x")) == "[CPUFloatType [2, 3]]\n[UndefinedTensor]\n");
}

TEST_CASE("streams take tensors, dtypes, devices, scalars and sizes") {
  std::ostringstream out;
  out << counting({1}) << '|' << kInt64 << '|' << Device("cuda:1") << '|' << Scalar(1.5) << '|'
      << IntArrayRef({2, 3});
  CHECK(out.str() == " 0\n[ CPUFloatType{1} ]|Long|cuda:1|1.5|[2, 3]");
}
