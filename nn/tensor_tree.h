// TensorTree: finds the tensors inside arguments and results of modules.
#pragma once
#include <sinter/core/tensor.h>

#include <array>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace sinter::nn {

// TensorTree<T>::value says whether a T can hold tensors, and TensorTree<T>::visit(tree, fn) calls
// fn(Tensor&) for each of them, in order. Known are Tensor, and optional, vector, array, pair and
// tuple of what is known. Specialise it for a struct of your own, so that hooks and graph capture
// see the tensors in it.
template <class T>
struct TensorTree {
  static constexpr bool value = false;
  template <class F>
  static void visit(T&, F&&) {}
};

template <>
struct TensorTree<Tensor> {
  static constexpr bool value = true;
  template <class F>
  static void visit(Tensor& tensor, F&& fn) {
    fn(tensor);
  }
};

template <class T>
struct TensorTree<std::optional<T>> {
  static constexpr bool value = TensorTree<T>::value;
  template <class F>
  static void visit(std::optional<T>& tree, F&& fn) {
    if (tree) TensorTree<T>::visit(*tree, fn);
  }
};

template <class T>
struct TensorTree<std::vector<T>> {
  static constexpr bool value = TensorTree<T>::value;
  template <class F>
  static void visit(std::vector<T>& tree, F&& fn) {
    if constexpr (value) {
      for (T& element : tree) TensorTree<T>::visit(element, fn);
    }
  }
};

template <class T, std::size_t N>
struct TensorTree<std::array<T, N>> {
  static constexpr bool value = TensorTree<T>::value;
  template <class F>
  static void visit(std::array<T, N>& tree, F&& fn) {
    for (T& element : tree) TensorTree<T>::visit(element, fn);
  }
};

template <class A, class B>
struct TensorTree<std::pair<A, B>> {
  static constexpr bool value = TensorTree<A>::value || TensorTree<B>::value;
  template <class F>
  static void visit(std::pair<A, B>& tree, F&& fn) {
    TensorTree<A>::visit(tree.first, fn);
    TensorTree<B>::visit(tree.second, fn);
  }
};

template <class... T>
struct TensorTree<std::tuple<T...>> {
  static constexpr bool value = (TensorTree<T>::value || ...);
  template <class F>
  static void visit(std::tuple<T...>& tree, F&& fn) {
    std::apply([&](T&... elements) { (TensorTree<T>::visit(elements, fn), ...); }, tree);
  }
};

}  // namespace sinter::nn
