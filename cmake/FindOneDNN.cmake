# Finds oneDNN by its header and library and defines OneDNN::OneDNN.
#
# The CMake package that Debian ships with libdnnl-dev also demands OpenCL's headers, for a GPU engine
# that Sinter does not use. This file is installed beside sinterConfig.cmake, so that programs which link
# a static Sinter find the library in the same way.

find_path(OneDNN_INCLUDE_DIR dnnl.hpp)
find_library(OneDNN_LIBRARY dnnl)
mark_as_advanced(OneDNN_INCLUDE_DIR OneDNN_LIBRARY)

set(_onednn_version_header "${OneDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h")
if(OneDNN_INCLUDE_DIR AND EXISTS "${_onednn_version_header}")
  file(STRINGS "${_onednn_version_header}" _onednn_lines REGEX "#define DNNL_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9;]" "" _onednn_lines "${_onednn_lines}")
  list(JOIN _onednn_lines "." OneDNN_VERSION)
  unset(_onednn_lines)
endif()
unset(_onednn_version_header)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  OneDNN
  REQUIRED_VARS OneDNN_LIBRARY OneDNN_INCLUDE_DIR
  VERSION_VAR OneDNN_VERSION)

if(OneDNN_FOUND AND NOT TARGET OneDNN::OneDNN)
  add_library(OneDNN::OneDNN UNKNOWN IMPORTED)
  set_target_properties(
    OneDNN::OneDNN PROPERTIES IMPORTED_LOCATION "${OneDNN_LIBRARY}"
                              INTERFACE_INCLUDE_DIRECTORIES "${OneDNN_INCLUDE_DIR}")
endif()
