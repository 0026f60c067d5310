#include <sinter/ops/matmul.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/view.h>

#include <algorithm>
#include <array>
#include <string>

namespace sinter {

namespace {

// A label is a letter's place in A-Za-z, or kEllipsis + d for the dimension of the ellipsis that
// lies d before its end.
using Labels = std::vector<int>;
constexpr int kLetters = 52;
constexpr int kEllipsis = kLetters;
constexpr int kLabels = kLetters + static_cast<int>(kMaxDims);

int letter_label(char letter) {
  if (letter >= 'A' && letter <= 'Z') return letter - 'A';
  if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
  fail<ValueError>("[einsum] an equation consists of letters, commas, '->' and '...'; got '",
                   letter, "'");
}

bool contains(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}
std::size_t place_of(const Labels& labels, int label) {
  return static_cast<std::size_t>(std::find(labels.begin(), labels.end(), label) - labels.begin());
}

// Labels of one side of an operand or of the result; the ellipsis stands for `hidden` dimensions.
Labels parse_labels(std::string_view text, std::size_t hidden) {
  Labels labels;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 3) == "...") {
      for (std::size_t d = hidden; d-- > 0;) labels.push_back(kEllipsis + static_cast<int>(d));
      i += 2;
    } else {
      labels.push_back(letter_label(text[i]));
    }
  }
  return labels;
}

// How many dimensions `...` stands for in an operand.
std::size_t hidden_dims(std::string_view text, const Tensor& x) {
  const auto rank = static_cast<std::size_t>(x.dim());
  const std::size_t dots = text.find("...");
  const bool ellipsis = dots != std::string_view::npos;
  const std::size_t letters = text.size() - (ellipsis ? 3 : 0);
  SINTER_CHECK_AS(ValueError, !ellipsis || text.find("...", dots + 3) == std::string_view::npos,
                  "[einsum] an operand has at most one '...'; got \"", text, "\"");
  SINTER_CHECK_AS(ValueError, ellipsis ? letters <= rank : letters == rank, "[einsum] \"", text,
                  "\" names ", letters, " dimensions; got ", x.sizes());
  return rank - letters;
}

// An operand on its way: dimension i is labels[i], and no label occurs twice.
struct Term {
  Tensor value;
  Labels labels;
};

Term take_diagonals(Term term) {
  for (std::size_t i = 0; i < term.labels.size(); ++i) {
    for (std::size_t j = i + 1; j < term.labels.size();) {
      if (term.labels[i] != term.labels[j]) {
        ++j;
        continue;
      }
      const auto a = static_cast<std::int64_t>(i), b = static_cast<std::int64_t>(j);
      SINTER_CHECK_AS(ValueError, term.value.size(a) == term.value.size(b),
                      "[einsum] dimensions with one label must have one size; got ",
                      term.value.size(a), " and ", term.value.size(b));
      // The diagonal comes last; it goes back to place i.
      term.value = movedim(diagonal(term.value, 0, a, b), -1, a);
      term.labels.erase(term.labels.begin() + static_cast<std::ptrdiff_t>(j));
    }
  }
  return term;
}

struct Equation {
  std::vector<Term> terms;
  Labels result;
  std::array<std::int64_t, kLabels> sizes;
};

std::vector<std::string_view> split_operands(std::string_view left) {
  std::vector<std::string_view> parts;
  for (std::size_t comma = left.find(','); comma != std::string_view::npos;
       comma = left.find(',')) {
    parts.push_back(left.substr(0, comma));
    left.remove_prefix(comma + 1);
  }
  parts.push_back(left);
  return parts;
}

Labels implicit_result(const Labels& all, std::size_t hidden) {
  Labels result;
  for (std::size_t d = hidden; d-- > 0;) result.push_back(kEllipsis + static_cast<int>(d));
  for (int letter = 0; letter < kLetters; ++letter) {
    if (std::count(all.begin(), all.end(), letter) == 1) result.push_back(letter);
  }
  return result;
}

// Sizes of labels; a dimension of size 1 broadcasts, and is dropped where others are larger.
void unify_sizes(Equation& e) {
  e.sizes.fill(-1);
  for (const Term& term : e.terms) {
    for (std::size_t d = 0; d < term.labels.size(); ++d) {
      const std::int64_t size = term.value.size(static_cast<std::int64_t>(d));
      std::int64_t& known = e.sizes[static_cast<std::size_t>(term.labels[d])];
      SINTER_CHECK_AS(ValueError, known == size || known == -1 || known == 1 || size == 1,
                      "[einsum] dimensions with one label must have one size; got ", known, " and ",
                      size);
      if (known == -1 || known == 1) known = size;
    }
  }
  for (Term& term : e.terms) {
    for (std::size_t d = term.labels.size(); d-- > 0;) {
      const auto dim = static_cast<std::int64_t>(d);
      if (term.value.size(dim) == e.sizes[static_cast<std::size_t>(term.labels[d])]) continue;
      term.value = squeeze(term.value, dim);
      term.labels.erase(term.labels.begin() + static_cast<std::ptrdiff_t>(d));
    }
  }
}

void check_result(const Labels& result, const Labels& all, std::string_view text) {
  for (const int label : result) {
    SINTER_CHECK_AS(ValueError, std::count(result.begin(), result.end(), label) == 1,
                    "[einsum] a label occurs at most once in the result; got \"", text, "\"");
    SINTER_CHECK_AS(ValueError, label >= kEllipsis || contains(all, label),
                    "[einsum] a label of the result must occur in an operand; got \"", text, "\"");
  }
}

Equation parse(std::string_view text, const std::vector<Tensor>& operands) {
  const std::size_t arrow = text.find("->");
  const std::vector<std::string_view> parts = split_operands(text.substr(0, arrow));
  SINTER_CHECK_AS(ValueError, parts.size() == operands.size(), "[einsum] the equation has ",
                  parts.size(), " operands; got ", operands.size(), " tensors");
  Equation e;
  Labels all;
  std::size_t hidden = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t own = hidden_dims(parts[i], operands[i]);
    const Labels labels = parse_labels(parts[i], own);
    hidden = std::max(hidden, own);
    all.insert(all.end(), labels.begin(), labels.end());
    e.terms.push_back(take_diagonals({operands[i], labels}));
  }
  if (arrow == std::string_view::npos) {
    e.result = implicit_result(all, hidden);
  } else {
    e.result = parse_labels(text.substr(arrow + 2), hidden);
    check_result(e.result, all, text.substr(arrow + 2));
  }
  unify_sizes(e);
  return e;
}

Labels kept(const Labels& labels, const auto& keep) {
  Labels result;
  std::copy_if(labels.begin(), labels.end(), std::back_inserter(result), keep);
  return result;
}

Labels joined(const Labels& a, const Labels& b, const Labels& c) {
  Labels result = a;
  result.insert(result.end(), b.begin(), b.end());
  result.insert(result.end(), c.begin(), c.end());
  return result;
}

// Sums over the labels that nothing later asks for.
Term sum_others(const Term& term, const auto& wanted) {
  Dims dims;
  for (std::size_t d = 0; d < term.labels.size(); ++d) {
    if (!wanted(term.labels[d])) dims.push_back(static_cast<std::int64_t>(d));
  }
  if (dims.empty()) return term;
  return {sum(term.value, dims, false, term.value.dtype()), kept(term.labels, wanted)};
}

Tensor permuted(const Term& term, const Labels& order) {
  Dims dims;
  for (const int label : order) {
    dims.push_back(static_cast<std::int64_t>(place_of(term.labels, label)));
  }
  return permute(term.value, dims);
}

std::int64_t product(const Equation& e, const Labels& labels) {
  std::int64_t result = 1;
  for (const int label : labels) {
    result = checked_mul("einsum", result, e.sizes[static_cast<std::size_t>(label)]);
  }
  return result;
}

Dims sizes_of(const Equation& e, const Labels& labels) {
  Dims sizes;
  for (const int label : labels) sizes.push_back(e.sizes[static_cast<std::size_t>(label)]);
  return sizes;
}

// a's own dimensions, then ones for b's, after the common ones.
Tensor with_ones(Tensor x, std::int64_t place, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) x = unsqueeze(x, place);
  return x;
}

Term contract(const Equation& e, const Term& x, const Term& y, const auto& wanted) {
  const auto in_x = [&](int label) { return contains(x.labels, label); };
  const auto in_y = [&](int label) { return contains(y.labels, label); };
  const Term a = sum_others(x, [&](int label) { return wanted(label) || in_y(label); });
  const Term b = sum_others(y, [&](int label) { return wanted(label) || in_x(label); });
  const Labels common = kept(a.labels, [&](int l) { return in_y(l) && wanted(l); });
  const Labels summed = kept(a.labels, [&](int l) { return in_y(l) && !wanted(l); });
  const Labels only_a = kept(a.labels, [&](int l) { return !in_y(l); });
  const Labels only_b = kept(b.labels, [&](int l) { return !in_x(l); });
  const Labels result = joined(common, only_a, only_b);
  const Tensor left = permuted(a, joined(common, only_a, summed));
  if (summed.empty()) {
    const auto place = static_cast<std::int64_t>(common.size());
    return {with_ones(left, -1, only_b.size()) *
                with_ones(permuted(b, joined(common, only_b, {})), place, only_a.size()),
            result};
  }
  const std::int64_t batch = product(e, common), m = product(e, only_a);
  const std::int64_t k = product(e, summed), n = product(e, only_b);
  const Tensor right = permuted(b, joined(common, summed, only_b));
  return {reshape(bmm(reshape(left, {batch, m, k}), reshape(right, {batch, k, n})),
                  sizes_of(e, result)),
          result};
}

std::string without_spaces(std::string_view text) {
  std::string result;
  std::copy_if(text.begin(), text.end(), std::back_inserter(result),
               [](char c) { return c != ' '; });
  return result;
}

}  // namespace

Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands) {
  SINTER_CHECK_AS(ValueError, !operands.empty(), "[einsum] needs at least one tensor; got none");
  for (const Tensor& x : operands) {
    SINTER_CHECK(x.defined(), "[einsum] operands must be tensors; got an undefined one");
    SINTER_CHECK_AS(TypeError, x.dtype() == operands[0].dtype(),
                    "[einsum] tensors must have one dtype; got ", operands[0].dtype(), " and ",
                    x.dtype());
  }
  const Equation e = parse(without_spaces(equation), operands);
  Term total = e.terms[0];
  for (std::size_t i = 1; i < e.terms.size(); ++i) {
    total = contract(e, total, e.terms[i], [&](int label) {
      return contains(e.result, label) ||
             std::any_of(e.terms.begin() + static_cast<std::ptrdiff_t>(i) + 1, e.terms.end(),
                         [&](const Term& later) { return contains(later.labels, label); });
    });
  }
  total = sum_others(total, [&](int label) { return contains(e.result, label); });
  return permuted(total, e.result);
}

Tensor kron(const Tensor& a, const Tensor& b) {
  const auto rank = static_cast<std::size_t>(std::max(a.dim(), b.dim()));
  const auto padded = [rank](const Tensor& x, std::size_t d) {
    const std::size_t skip = rank - static_cast<std::size_t>(x.dim());
    return d < skip ? std::int64_t{1} : x.sizes()[d - skip];
  };
  SINTER_CHECK_AS(ValueError, 2 * rank <= kMaxDims, "[kron] takes at most ", kMaxDims / 2,
                  " dimensions; got ", rank);
  Dims a_sizes, b_sizes, sizes;
  for (std::size_t d = 0; d < rank; ++d) {
    a_sizes.push_back(padded(a, d));
    a_sizes.push_back(1);
    b_sizes.push_back(1);
    b_sizes.push_back(padded(b, d));
    sizes.push_back(checked_mul("kron", padded(a, d), padded(b, d)));
  }
  return reshape(reshape(a, a_sizes) * reshape(b, b_sizes), sizes);
}

}  // namespace sinter
