//! One body, one function a level.

/// Compiles each function once for every [`Level`](crate::Level) and calls the one in use.
///
/// The body is the same source for all, inlined into each, so its operations and their order are
/// too; only how many lanes an instruction takes differs. In it, `V` is the level's
/// [`Lanes`](crate::lanes::Lanes): sums need them, because the compiler may not reorder additions.
/// Loops without a sum need nothing, it finds their lanes by itself.
macro_rules! kernels {
    ($(
        $(#[$doc:meta])*
        pub fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    )*) => {$(
        $(#[$doc])*
        pub fn $name($($arg: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body<V: $crate::lanes::Lanes>($($arg: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            if $crate::level::level() == $crate::level::Level::V3 {
                // As many as level.rs asks for.
                #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
                fn v3($($arg: $type),*) $(-> $result)? {
                    body::<$crate::lanes::V3>($($arg),*)
                }
                // SAFETY: `level()` is V3 only on a machine that has these features; level.rs
                // stores it nowhere else.
                return unsafe { v3($($arg),*) };
            }
            body::<$crate::lanes::Baseline>($($arg),*)
        }
    )*};
}

pub(crate) use kernels;
