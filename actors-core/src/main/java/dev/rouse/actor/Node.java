package dev.rouse.actor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The place of a [Cell] in the tree of functions and actors of one shard.
///
/// The children are a doubly linked list through the cells themselves, newest first: to take one in or out allocates
/// nothing and costs the same however many there are. Walks are loops, since a chain of cells can be longer than a
/// stack. Owning shard only or, after its end, one thread.
abstract sealed class Node extends Outcome<Object> permits Cell {
    @Nullable
    Cell parent;

    private @Nullable Cell firstChild;
    private @Nullable Cell nextSibling;
    private @Nullable Cell previousSibling;

    Node(LocalSystem local) {
        super(local);
    }

    final @Nullable Cell firstChild() {
        return firstChild;
    }

    final @Nullable Cell nextSibling() {
        return nextSibling;
    }

    final boolean hasChildren() {
        return firstChild != null;
    }

    final void adopt(Cell child) {
        Node added = child;
        Node first = firstChild;
        added.parent = (Cell) this;
        added.nextSibling = firstChild;
        if (first != null) {
            first.previousSibling = child;
        }
        firstChild = child;
    }

    final void disown(Cell child) {
        Node removed = child;
        Node before = removed.previousSibling;
        Node after = removed.nextSibling;
        if (before == null) {
            firstChild = removed.nextSibling;
        } else {
            before.nextSibling = removed.nextSibling;
        }
        if (after != null) {
            after.previousSibling = removed.previousSibling;
        }
        removed.previousSibling = null;
        removed.nextSibling = null;
    }

    /// The children that are actors, newest first.
    final List<ActorCell<?>> childActors() {
        List<ActorCell<?>> actors = new ArrayList<>();
        for (Cell child = firstChild; child != null; child = child.nextSibling()) {
            if (child instanceof ActorCell<?> actor) {
                actors.add(actor);
            }
        }
        return actors;
    }

    /// The next cell in a walk through the tree below `root`; null at its end.
    final @Nullable Cell nextWithin(Node root) {
        return firstChild != null ? firstChild : followingWithin(root);
    }

    /// The cell after this one and its descendants, in the order of a walk through the tree below `root`; null at
    /// its end.
    final @Nullable Cell followingWithin(Node root) {
        Node node = this;
        while (node != null && node != root) {
            if (node.nextSibling != null) {
                return node.nextSibling;
            }
            node = node.parent;
        }
        return null;
    }

    /// Shows all cells below this one, each before those below it.
    final void forEachBelow(Consumer<Cell> reader) {
        for (Cell cell = firstChild; cell != null; cell = cell.nextWithin(this)) {
            reader.accept(cell);
        }
    }
}
