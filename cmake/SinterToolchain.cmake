# Compiler flags of every target in this tree, and tools that only make building faster.

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
  endif()

  # ccache keys on paths relative to the source root, so two clones share one cache.
  find_program(SINTER_CCACHE ccache)
  mark_as_advanced(SINTER_CCACHE)
  if(SINTER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=pch_defines,time_macros "${SINTER_CCACHE}")
  endif()

  find_program(SINTER_MOLD mold)
  find_program(SINTER_LLD ld.lld)
  mark_as_advanced(SINTER_MOLD SINTER_LLD)
  if(SINTER_MOLD)
    add_link_options(-fuse-ld=mold)
  elseif(SINTER_LLD)
    add_link_options(-fuse-ld=lld)
  endif()
endif()

# Flags of one target. No fused multiply-add unless the source asks for one: eager and fused kernels
# agree bit for bit.
function(sinter_target_flags target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(
    ${target}
    PRIVATE -ffp-contract=off
            -fno-math-errno
            -Wall
            -Wextra
            -Wconversion
            -Wshadow
            $<$<BOOL:${SINTER_WERROR}>:-Werror>)
endfunction()
