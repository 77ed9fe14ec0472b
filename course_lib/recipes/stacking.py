"""A receita que é feita de outras: a média delas, corrigida por árvores; ver `Stacked`."""

from dataclasses import dataclass, replace
from functools import partial

from course_lib.interactions import Interactions
from course_lib.models import Ensemble
from course_lib.models.context import Context
from course_lib.recipes.fitted import Fitted
from course_lib.recipes.recipe import Recipe, Run


@dataclass(frozen=True, eq=False, repr=False)
class StackedRecipe(Recipe):
    """Em `options`, `members` diz, de cada receita, quantos modelos treinar com sementes diferentes: é também o peso
    dela na média. Uma delas é "context", que traz o contexto que a correção lê.
    """

    @property
    def by_epochs(self) -> bool:
        return True  # as dos membros que treinam assim

    def _options(self, run: Run) -> dict:
        options = super()._options(run)
        return options | {"train_members": partial(_train_members, options.pop("members"), run)}


def _train_members(counts: dict[str, int], run: Run, train: Interactions, catalog, final: bool):
    from course_lib.recipes import RECIPES  # a lista que traz também esta receita

    def fit(name: str, copy: int) -> Fitted:
        recipe = RECIPES[name]
        n_epochs = run.n_epochs if recipe.by_epochs else None
        part = replace(run, train=train, seed=run.seed + 1000 * copy, n_epochs=n_epochs)
        model, history = recipe.fit(name, part)
        return Fitted(name, recipe, model, history, 0.0, catalog, run.use_time)

    groups = {name: [fit(name, copy) for copy in range(n if final else 1)] for name, n in counts.items()}
    ensemble = Ensemble([Ensemble(fitted) for fitted in groups.values()], weights=list(counts.values()))
    context: Context = groups["context"][0].model.context
    return ensemble, context
