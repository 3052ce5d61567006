//! The trees in which a parameter's points stand in the order of their times.

use super::item::{LEFT, RIGHT, UP};
use super::lists::Kind;
use super::{CLASSES, NONE, Schedule};

/// A number without a pattern for each place: how high its point stands in a tree.
fn height(id: u32) -> u32 {
    let mixed = (id ^ (id >> 16)).wrapping_mul(0x7feb_352d);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x846c_a68b);
    mixed ^ (mixed >> 16)
}

impl Schedule {
    fn kind(&self, id: u32) -> usize {
        usize::from(self.items[id].on_beat)
    }

    /// Whether a point stands behind another, which was there before.
    fn is_behind(&self, id: u32, other: u32) -> bool {
        let time = |id: u32| (self.items[id].at, self.items[id].age);
        time(id) >= time(other)
    }

    /// Which of two is due first. No two are due in the same place: of a point and the one that is
    /// led to from it, which share their order, the one with the earlier time comes first. Without
    /// that, turning the tree would change who is first and nobody above would know.
    pub(super) fn earlier(&self, one: u32, other: u32) -> u32 {
        if one == NONE || other == NONE {
            return one.min(other);
        }
        let place = |id: u32| {
            let item = &self.items[id];
            // Nor are two of a controller that uses an order twice.
            (item.due.place(item.seq), item.at, item.age, id)
        };
        if place(other) < place(one) {
            other
        } else {
            one
        }
    }

    /// Finds anew what is due first of a point and those below it. Returns whether that changed.
    fn review(&mut self, id: u32) -> bool {
        let item = &self.items[id];
        let [left, right, _] = item.links;
        let mut first = [NONE; CLASSES];
        if let Some((class, ..)) = item.due.place(item.seq) {
            first[class] = id;
        }
        for below in [left, right] {
            if below != NONE {
                let others = self.items[below].first;
                for (first, other) in first.iter_mut().zip(others) {
                    *first = self.earlier(*first, other);
                }
            }
        }
        std::mem::replace(&mut self.items[id].first, first) != first
    }

    /// Lets all those above a point know that it is due at another time.
    pub(super) fn climb(&mut self, mut id: u32) {
        while id != NONE {
            self.review(id);
            id = self.items[id].links[UP];
        }
    }

    /// Lets those above a point know what has come or gone below it.
    fn tell(&mut self, mut id: u32) {
        while id != NONE && self.review(id) {
            id = self.items[id].links[UP];
        }
    }

    /// Puts one point, or nothing, where another stands below its parent.
    fn replace(&mut self, id: u32, by: u32) {
        let item = &self.items[id];
        let (up, list, kind) = (item.links[UP], item.list, self.kind(id));
        if up == NONE {
            self.lists[list].roots[kind] = by;
        } else {
            let side = usize::from(self.items[up].links[RIGHT] == id);
            self.items[up].links[side] = by;
        }
        if by != NONE {
            self.items[by].links[UP] = up;
        }
    }

    /// Lets a point and the one above it change places.
    fn rotate(&mut self, id: u32) {
        let up = self.items[id].links[UP];
        let side = usize::from(self.items[up].links[RIGHT] == id);
        let inner = self.items[id].links[1 - side];
        self.replace(up, id);
        self.items[up].links[side] = inner;
        if inner != NONE {
            self.items[inner].links[UP] = up;
        }
        self.items[id].links[1 - side] = up;
        self.items[up].links[UP] = id;
        self.review(up);
        self.review(id);
    }

    pub(super) fn insert_into_tree(&mut self, id: u32) {
        let (list, kind) = (self.items[id].list, self.kind(id));
        let last = self.lists[list].lasts[kind];
        self.items[id].links = [NONE; 3];
        if last == NONE {
            self.lists[list].roots[kind] = id;
            self.lists[list].lasts[kind] = id;
            self.review(id);
            return;
        }
        // Who plans ahead adds at the end.
        let (mut up, mut side) = (last, RIGHT);
        if self.is_behind(id, last) {
            self.lists[list].lasts[kind] = id;
        } else {
            let mut at = self.lists[list].roots[kind];
            while at != NONE {
                up = at;
                side = usize::from(self.is_behind(id, at));
                at = self.items[at].links[side];
            }
        }
        self.items[up].links[side] = id;
        self.items[id].links[UP] = up;
        self.review(id);
        loop {
            let up = self.items[id].links[UP];
            if up == NONE || height(up) >= height(id) {
                return self.tell(up);
            }
            self.rotate(id);
        }
    }

    pub(super) fn remove_from_tree(&mut self, id: u32) {
        let (list, kind) = (self.items[id].list, self.kind(id));
        if self.lists[list].lasts[kind] == id {
            self.lists[list].lasts[kind] = self.previous_point(id).unwrap_or(NONE);
        }
        loop {
            let [left, right, up] = self.items[id].links;
            if left == NONE || right == NONE {
                self.replace(id, left.min(right));
                return self.tell(up);
            }
            let higher = if height(left) > height(right) {
                left
            } else {
                right
            };
            self.rotate(higher);
        }
    }

    /// The latest point of a kind at `at` or before.
    pub fn point_at(&self, list: u32, kind: Kind, at: u64) -> Option<u32> {
        // Who plans ahead looks at the end.
        if let Some(last) = self.last_point(list, kind)
            && self.items[last].at <= at
        {
            return Some(last);
        }
        let mut next = self.lists[list].roots[kind as usize];
        let mut found = None;
        while next != NONE {
            let item = &self.items[next];
            let side = if item.at <= at {
                found = Some(next);
                RIGHT
            } else {
                LEFT
            };
            next = item.links[side];
        }
        found
    }

    /// The earliest point of a kind.
    pub fn first_point(&self, list: u32, kind: Kind) -> Option<u32> {
        let root = self.lists[list].roots[kind as usize];
        (root != NONE).then(|| self.outermost(root, LEFT))
    }

    fn outermost(&self, mut id: u32, side: usize) -> u32 {
        while self.items[id].links[side] != NONE {
            id = self.items[id].links[side];
        }
        id
    }

    pub fn next_point(&self, id: u32) -> Option<u32> {
        self.neighbour(id, RIGHT)
    }

    pub fn previous_point(&self, id: u32) -> Option<u32> {
        self.neighbour(id, LEFT)
    }

    fn neighbour(&self, mut id: u32, side: usize) -> Option<u32> {
        let below = self.items[id].links[side];
        if below != NONE {
            return Some(self.outermost(below, 1 - side));
        }
        loop {
            let up = self.items[id].links[UP];
            if up == NONE {
                return None;
            }
            if self.items[up].links[side] != id {
                return Some(up);
            }
            id = up;
        }
    }

    /// A point without any below it, of a tree that is dropped as a whole.
    pub(super) fn first_to_free(&self, list: u32, kind: Kind) -> Option<u32> {
        let root = self.lists[list].roots[kind as usize];
        (root != NONE).then(|| self.leaf(root))
    }

    fn leaf(&self, mut id: u32) -> u32 {
        loop {
            let [left, right, _] = self.items[id].links;
            match left.min(right) {
                NONE => return id,
                below => id = below,
            }
        }
    }

    /// Gives the place of a leaf back. Returns the next leaf.
    pub(super) fn free_leaf(&mut self, id: u32) -> Option<u32> {
        let up = self.items[id].links[UP];
        self.release(id);
        if up == NONE {
            return None;
        }
        let side = usize::from(self.items[up].links[RIGHT] == id);
        self.items[up].links[side] = NONE;
        Some(self.leaf(up))
    }
}
