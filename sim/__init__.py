"""PyBullet worlds and the Gymnasium environments; importing it registers their ids."""

import gymnasium

gymnasium.register("twinarm/DofbotGrasp-v0", "sim.grasp_env:GraspEnv", kwargs={"arm": "dofbot"})
