//! One body, one function a level.

/// Compiles each function once for every [`Level`](crate::Level) and calls the one in use.
///
/// The body is the same source for all, inlined into each, so its operations and their order are
/// too; only how many lanes an instruction takes differs. Bodies keep to loops with a fixed number
/// of lanes, because the compiler may not reorder floating-point reductions and would leave them
/// scalar.
macro_rules! kernels {
    ($(
        $(#[$doc:meta])*
        pub fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    )*) => {$(
        $(#[$doc])*
        pub fn $name($($arg: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body($($arg: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            if $crate::level::level() == $crate::level::Level::V3 {
                // As many as level.rs asks for.
                #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
                fn v3($($arg: $type),*) $(-> $result)? {
                    body($($arg),*)
                }
                // SAFETY: `level()` is V3 only on a machine that has these features; level.rs
                // stores it nowhere else.
                return unsafe { v3($($arg),*) };
            }
            body($($arg),*)
        }
    )*};
}

pub(crate) use kernels;
