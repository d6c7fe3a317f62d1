"""Makes patches anew after the engine moved, and tells which need a person."""
import contextlib
import pathlib
import subprocess
import tempfile

from mutant_patches import split_patch


def git(folder, *arguments, check=True):
    return subprocess.run(["git", *arguments], cwd=folder, check=check, text=True, capture_output=True)


@contextlib.contextmanager
def copy_of_the_tree(root):
    """A worktree with the files as they are now, committed or not."""
    now = git(root, "stash", "create").stdout.strip() or "HEAD"
    with tempfile.TemporaryDirectory(prefix="walbreaker-refresh-") as name:
        tree = pathlib.Path(name) / "tree"
        git(root, "worktree", "add", "--detach", str(tree), now)
        try:
            yield tree
        finally:
            git(root, "worktree", "remove", "--force", str(tree), check=False)


def refreshed(tree, path):
    """The patch as it is against the tree; nothing where that takes a person, and why."""
    header, diff = split_patch(path.read_text())
    git(tree, "reset", "--hard", "--quiet")
    applied = git(tree, "apply", "--3way", str(path), check=False)
    if applied.returncode != 0:
        return None, applied.stderr.strip()
    new = git(tree, "diff", "--cached", "--no-color", "--no-ext-diff").stdout
    if not new:
        return None, "the engine has this change already"
    return header + new, ""


def refresh(root, engines):
    """Exits 1 where a patch needs a person."""
    failed = 0
    with copy_of_the_tree(root) as tree:
        for engine in engines:
            if engine.path is None:
                continue
            text, why = refreshed(tree, engine.path)
            if text is None:
                failed += 1
                print(f"{engine.name}: needs a person: {why}")
            elif text != engine.path.read_text():
                engine.path.write_text(text)
                print(f"{engine.name}: made anew")
    print(f"{failed} of {sum(engine.path is not None for engine in engines)} patches need a person")
    return 1 if failed else 0
