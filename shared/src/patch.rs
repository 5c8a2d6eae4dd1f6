//! A field of an update: left alone, cleared or set.

/// The three things that an update can say of a field. `Option<Option<T>>` says
/// the same and nobody reads it right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The field was not sent: keep what is stored.
    #[default]
    Keep,
    /// `null` was sent: clear what is stored.
    Clear,
    /// A value was sent: store it.
    Set(T),
}

impl<T> Patch<T> {
    /// Applies the patch to a stored value and tells whether that changed it.
    pub fn apply(self, stored: &mut Option<T>) -> bool
    where
        T: PartialEq,
    {
        let wanted = match self {
            Self::Keep => return false,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        };
        let changed = *stored != wanted;
        *stored = wanted;
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_says_what_it_changed() {
        let mut stored = Some(1);
        assert!(!Patch::Keep.apply(&mut stored));
        assert!(!Patch::Set(1).apply(&mut stored));
        assert!(Patch::Set(2).apply(&mut stored));
        assert_eq!(stored, Some(2));
        assert!(Patch::Clear.apply(&mut stored));
        assert_eq!(stored, None);
        assert!(!Patch::Clear.apply(&mut stored));
    }
}
